/** Options that say what is run: the same for every verb that takes a spec. */
import { type Command, Option } from 'commander';
import type { SpecRequest } from '../spec/load.js';

export interface SpecOptions {
  readonly server?: string;
  readonly producer?: string;
  readonly consumer?: string;
  readonly topic?: string;
  readonly set: readonly string[];
  readonly vary?: readonly string[];
  readonly kafka?: string;
  readonly control?: string;
  readonly brokers?: string;
  readonly profile?: string;
  readonly asReleased?: boolean;
  readonly require: readonly string[];
}

export function addSpecOptions(command: Command): Command {
  return command
    .option('--server <file>', "a broker's server.properties, instead of a spec")
    .option('--producer <file>', 'producer.properties')
    .option('--consumer <file>', 'consumer.properties')
    .option('--topic <file>', 'topic settings, with partitions and replication.factor')
    .option(
      '--set <name=value>',
      'a Kafka setting by its own name, or scope:name=value; rule:name=value (repeatable)',
      collect,
      [],
    )
    .option('--kafka <version>', 'the Kafka release')
    .option('--control <mode>', 'kraft or zookeeper')
    .option('--brokers <n>', 'how many brokers')
    .option('--as-released', 'with the bugs that the release had, as far as the model has them')
    .option('--profile <name>', 'one-at-a-time, network, within-assumptions or storm')
    .option('--require <names>', 'requirements, comma-separated', collect, []);
}

export function varyOption(): Option {
  return new Option('--vary <name=a,b>', 'variants of a setting or key, on the same seeds and faults (repeatable)')
    .argParser(collect)
    .default([]);
}

export function requestOf(input: string | undefined, options: SpecOptions): SpecRequest {
  return { ...options, input };
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
