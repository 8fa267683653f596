/**
 * What became of a lead's state at HubSpot. `absent`: there is no contact of its address. `cleared`: the properties of
 * an erased lead are empty. `unreadable`: HubSpot was told nothing, since the log lacks an event or a key of the lead,
 * or has one of a newer build.
 */
export const TOLD = ['updated', 'created', 'cleared', 'absent', 'refused', 'unreadable'] as const;
export type ToldOutcome = (typeof TOLD)[number];

/** HubSpot's answers to calls; `down`: none of its own. */
export const ANSWERS = ['ok', 'limited', 'account', 'refused', 'down'] as const;
export type Answered = (typeof ANSWERS)[number];
