import { describe, expect, it } from 'vitest';
import { ENTRY_OK, ENTRY_TORN } from './disk.js';
import { Inode } from './inode.js';

describe('inode', () => {
  it('a truncation that is undone brings back what was damaged as damaged', () => {
    const inode = new Inode('log');
    for (let i = 0; i < 3; i++) inode.append({ i }, 10);
    inode.syncAll();
    inode.mark(1, ENTRY_TORN);
    inode.truncate(2);
    inode.truncate(1);
    inode.append({ i: 9 }, 10);
    expect(inode.state(1)).toBe(ENTRY_OK);
    inode.revertTruncations();
    expect(inode.entries).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
    expect([0, 1, 2].map((index) => inode.state(index))).toEqual([ENTRY_OK, ENTRY_TORN, ENTRY_OK]);
  });
});
