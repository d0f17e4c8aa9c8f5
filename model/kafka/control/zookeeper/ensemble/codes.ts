/** ZooKeeper's result codes (org.apache.zookeeper.KeeperException.Code), those that the model can answer with. */
export const ZkCode = {
  OK: 0,
  RUNTIMEINCONSISTENCY: -2,
  CONNECTIONLOSS: -4,
  NONODE: -101,
  BADVERSION: -103,
  NOCHILDRENFOREPHEMERALS: -108,
  NODEEXISTS: -110,
  NOTEMPTY: -111,
  SESSIONEXPIRED: -112,
  SESSIONMOVED: -118,
} as const;

export type ResultCode = number;
