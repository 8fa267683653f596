/**
 * What became of a lead's state at HubSpot. `absent`: there is no contact of its address. `cleared`: the properties of
 * an erased lead are empty.
 */
export const TOLD = ['updated', 'created', 'cleared', 'absent', 'refused'] as const;
export type ToldOutcome = (typeof TOLD)[number];

/** HubSpot's answers to calls; `down`: none of its own. */
export const ANSWERS = ['ok', 'limited', 'account', 'refused', 'down'] as const;
export type Answered = (typeof ANSWERS)[number];
