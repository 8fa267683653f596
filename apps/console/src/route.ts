import { applyDecorators, Get, HttpCode, Post } from '@nestjs/common';
import { Door, type DoorOptions } from '@leadstream/service/door';
import { REFUSED_EVERYWHERE, ROUTES, type RouteName } from './routes.ts';

/** Declares a handler's route by its entry in the table, with its refusals. */
export function Route(name: RouteName, limits: Omit<DoorOptions, 'refusals'> = {}): MethodDecorator {
  const [method, path] = name.split(' ');
  const { refusals } = ROUTES[name];
  return applyDecorators(
    ...(method === 'POST' ? [Post(path), HttpCode(200)] : [Get(path)]),
    Door({ ...limits, refusals: [...REFUSED_EVERYWHERE, ...refusals] }),
  );
}
