export { undo as default } from './global-setup.ts';
