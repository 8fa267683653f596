import { leavesState } from './leaving.ts';

leavesState();
