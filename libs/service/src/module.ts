import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { HealthController } from './health.ts';

/**
 * The root module of every service: its own module, the providers that are injected everywhere, and the health routes.
 */
@Module({})
export class ServiceModule {
  static around(module: Type, providers: Provider[]): DynamicModule {
    return {
      module: ServiceModule,
      global: true,
      imports: [module],
      controllers: [HealthController],
      providers,
      exports: providers,
    };
  }
}
