import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../model/kernel/process.js';
import { Stage } from '../../model/kernel/testing/stage.js';
import type { MachineInfo, RoleName } from '../../model/system.js';
import { Supervisor } from './supervisor.js';

const SECOND = 1_000_000;

/** A broker and an application, and who watches over them. */
class Supervised extends Stage {
  readonly broker = this.add('broker');
  readonly application = this.add('application');
  readonly supervisor = new Supervisor(this.world, [info(this.broker, 'broker'), info(this.application, 'consumer')]);

  ended(machine: MachineId): this {
    this.actor(machine).host.die('halt');
    return this;
  }

  get running(): readonly MachineId[] {
    return [this.broker, this.application].filter((machine) => this.world.isRunning(machine));
  }
}

function info(id: MachineId, role: RoleName): MachineInfo {
  return { id, name: role, roles: [role], rack: null };
}

describe('who is supervised', () => {
  it('is nobody, until something is healed', () => {
    const stage = new Supervised();
    stage
      .ended(stage.broker)
      .ended(stage.application)
      .pass(2 * SECOND);
    expect(stage.running).toEqual([]);
  });

  it('is started again a second after ending itself, an application like a broker', () => {
    const stage = new Supervised();
    stage.supervisor.supervise(null);
    stage
      .ended(stage.broker)
      .ended(stage.application)
      .pass(0.5 * SECOND);
    expect(stage.running).toEqual([]);
    stage.pass(1 * SECOND);
    expect(stage.running).toEqual([stage.broker, stage.application]);
  });

  it('is who was healed', () => {
    const stage = new Supervised();
    stage.supervisor.supervise([stage.application]);
    stage
      .ended(stage.broker)
      .ended(stage.application)
      .pass(2 * SECOND);
    expect(stage.running).toEqual([stage.application]);
  });

  it('stays down when it was killed: that is for the nemesis to heal', () => {
    const stage = new Supervised();
    stage.supervisor.supervise(null);
    stage.world.kill(stage.broker);
    stage.pass(2 * SECOND);
    expect(stage.running).toEqual([stage.application]);
  });
});
