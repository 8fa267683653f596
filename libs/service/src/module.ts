import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { HealthController } from './health.ts';

/**
 * The root module of every service: its own module, the providers that are injected everywhere, and the health routes,
 * which only the first service of a process needs.
 */
@Module({})
export class ServiceModule {
  static around(module: Type, providers: Provider[], hasHealth = true): DynamicModule {
    return {
      module: ServiceModule,
      global: true,
      imports: [module],
      controllers: hasHealth ? [HealthController] : [],
      providers,
      exports: providers,
    };
  }
}
