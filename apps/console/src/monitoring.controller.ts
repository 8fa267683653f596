import { Controller, Inject } from '@nestjs/common';
import { CONFIG } from '@leadstream/service/injected';
import type { Config } from './config.ts';
import type { Monitoring } from './monitoring-schemas.ts';
import { readPrometheus } from './prometheus.ts';
import { Route } from './route.ts';

/** The alerts that fire, and what the canary found, from the installation's Prometheus. */
@Controller()
export class MonitoringController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Route('GET /v1/monitoring')
  async monitoring(): Promise<Monitoring> {
    const { PROMETHEUS_URL: url } = this.config;
    return url === undefined ? null : await readPrometheus(url);
  }
}
