import type { Recorded } from '@leadstream/contracts/events';
import { Unavailable } from '@leadstream/eventlog/errors';
import { leadId as idOf } from '@leadstream/lead/identity';
import { nextActionAt, statusOf } from '@leadstream/lead/state';
import { PATIENCE_MS, patternFor, type Stored } from '../broker.ts';
import { configs, EMAIL, sequenceOf, type Service } from '../deployed.ts';
import type { Project } from '../projecting.ts';
import type { Handle, Hire } from '../staff.ts';
import type { Process } from '../world.ts';
import { command, feedback, hunt, plan, send, triage, type Desk } from './handlers.ts';
import { Chronicle, ModelLog, pausing, type Lead, type Unplaced } from './log.ts';
import { feedbackSaid, submissionOf } from './said.ts';
import { begin, wait, type Work } from './work.ts';

const LEAD_ID = idOf(configs.triage.LEAD_ID_SECRET, EMAIL);
const PROJECTED_AGAIN_MS = 1_000;
const NOTHING: ReadonlySet<string> = new Set();

/** A model of the services: the deciders and the fold are their own, what carries them is written once more, as short as its rules. */
export const model: Hire = (world, { streams, provider }, written) => {
  const chronicle = new Chronicle();
  let document: Lead | undefined;
  let dueMs = Infinity;
  const desk = (process: Process): Desk => {
    // Most plans are a no that nobody needs a clock for.
    const planning = { get now() { return process.clock(); }, draw: Math.random, delayScale: 1, sequence: sequenceOf };
    return { world, process, provider, planning, log: new ModelLog(world, streams, chronicle, process, LEAD_ID) };
  };
  const database = <T>({ process }: Desk, what: string, answer: () => T): Work<T> => wait(world.ask(process, what, {
    answer: () => {
      if (world.goesWrong('database away')) throw new Unavailable('away');
      return answer();
    },
    noAnswer: () => new Unavailable('no answer'), patienceMs: PATIENCE_MS,
  }));

  function* huntOnce(at: Desk): Work<void> {
    const seen = yield* database(at, 'look the lead up', () => (dueMs <= at.process.clock().epochMilliseconds ? document : undefined));
    if (seen) yield* hunt(at, seen);
  }

  /** How a document comes to be what the log folds to is for the services to show; here it is, or is not yet. */
  function* project(at: Desk, newest: Lead): Work<void> {
    while (newest.version > (document?.version ?? 0)) {
      try {
        yield* database(at, 'write the document', () => {
          if (newest.version <= (document?.version ?? 0)) return;
          document = newest;
          dueMs = Date.parse(nextActionAt(newest.state) ?? '') || Infinity;
          written();
        });
      } catch {
        yield* wait(pausing(world, PROJECTED_AGAIN_MS));
      }
    }
  }

  function handlerOf({ name }: Service, at: Desk): Handle {
    const eventAt = ({ seq }: Stored) => chronicle.events.find((event) => event.seq === seq);
    const work = (message: Stored): Work<void> | undefined => {
      if (name === 'triage') return triage(at, message, submissionOf(message));
      const said = name === 'inbound' ? feedbackSaid(message) : undefined;
      if (said) return feedback(at, message, said);
      const event = name === 'scheduler' ? eventAt(message) : undefined;
      if (event) return plan(at, event);
      return name === 'sender' && patternFor(message.subject) === 'lead.step-due' ? send(at) : undefined;
    };
    return (message, _, ended) => {
      const it = work(message);
      if (it) begin(it, () => ended(), (error) => ended({ error }));
      else ended();
    };
  }

  function projectorOf(at: Desk): Project {
    return (batch, ended) => {
      const newest = Math.max(...batch.map(({ seq }) => chronicle.events.findIndex((event) => event.seq === seq) + 1));
      begin(project(at, chronicle.after(newest)), () => ended(NOTHING), () => undefined);
    };
  }

  return {
    employ: (service, process) => {
      const at = desk(process);
      if (service.name === 'projector') return { project: projectorOf(at) };
      const handle = handlerOf(service, at);
      return service.name === 'scheduler' ? { handle, hunt: (ended) => begin(huntOnce(at), ended, ended) } : { handle };
    },
    command: (operator, _, give) => {
      world.time.life = operator.life;
      begin(command(desk(operator), give), () => undefined, () => undefined);
    },
    eventOf: ({ seq, said }) => {
      const event = { ...(said as Unplaced), seq } as Recorded;
      chronicle.add(event);
      return event;
    },
    dueMs: () => dueMs,
    shown: () => (document ? [{ lastSeq: document.lastSeq, status: statusOf(document.state), isDue: dueMs < Infinity, faults: [] }] : []),
  };
};
