import { Inject, Injectable } from '@nestjs/common';
import type { Adapter } from '@leadstream/lead/intake/adapter';
import { installed, readIntake } from '@leadstream/service/intake-folder';
import { CONFIG } from '@leadstream/service/injected';
import { Problem } from '@leadstream/service/problem';
import type { Config } from './config.ts';

type Settings = Pick<Config, 'INTAKE_DIR' | 'INTAKE_SECRETS' | 'INTAKE_TOKENS' | 'INTAKE_VERIFY_TOKENS'>;

/** The form services that `intake/` describes, with their secrets. */
@Injectable()
export class FormServices {
  readonly #adapters: ReadonlyMap<string, Adapter>;
  readonly #settings: Settings;

  constructor(@Inject(CONFIG) settings: Config) {
    this.#settings = settings;
    this.#adapters = readIntake(installed(settings.INTAKE_DIR)).adapters;
  }

  /** Throws Problem for an unknown name. */
  of(name: string): Adapter {
    const adapter = this.#adapters.get(name);
    if (!adapter) throw new Problem('service', 'No form service of this name is set up here');
    return adapter;
  }

  /** Undefined: its posts are not signed, or not checked. */
  secret(name: string): string | undefined {
    return new Map(this.#settings.INTAKE_SECRETS).get(name);
  }

  accessToken(name: string): string | undefined {
    return new Map(this.#settings.INTAKE_TOKENS).get(name);
  }

  verifyToken(name: string): string | undefined {
    return new Map(this.#settings.INTAKE_VERIFY_TOKENS).get(name);
  }
}

/** Faults of the folder, and secrets that no file asks for: a mistyped name would leave a service unchecked. */
export function intakeFaults(settings: Settings): string[] {
  const { adapters, problems } = readIntake(installed(settings.INTAKE_DIR));
  const unasked = (
    variable: keyof Settings,
    entries: readonly (readonly [name: string, secret: string])[],
    part: 'signature' | 'handshake' | 'fetch',
  ): string[] =>
    entries
      .filter(([name]) => adapters.get(name)?.[part] === undefined)
      .map(([name]) => `${variable}: ${name} is no form service with a ${part} in INTAKE_DIR`);
  return [
    ...problems.map((problem) => `INTAKE_DIR: ${problem}`),
    ...unasked('INTAKE_SECRETS', settings.INTAKE_SECRETS, 'signature'),
    ...unasked('INTAKE_TOKENS', settings.INTAKE_TOKENS, 'fetch'),
    // Without a signature any caller could have leads fetched.
    ...settings.INTAKE_TOKENS.filter(([name]) => !settings.INTAKE_SECRETS.some(([one]) => one === name)).map(
      ([name]) => `INTAKE_TOKENS: ${name} needs its secret in INTAKE_SECRETS`,
    ),
    ...unasked('INTAKE_VERIFY_TOKENS', settings.INTAKE_VERIFY_TOKENS, 'handshake'),
  ];
}
