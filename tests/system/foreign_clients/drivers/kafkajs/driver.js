// The contract of drivers (README.md of the folder) on KafkaJS: producer and admin, for it consumes only in groups.
'use strict';
const readline = require('readline');
const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, Partitioners, logLevel } = require('kafkajs');
CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy');

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const bytes = (text) => (text === null || text === undefined ? null : Buffer.from(text, 'base64'));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Errors arrive wrapped: the protocol's number is in the innermost one that has any.
const codeOf = (failure) => {
  for (let one = failure; one; one = one.cause || (one.errors && one.errors[0]) || one.originalError) {
    if (typeof one.code === 'number') return one.code;
  }
  return -1;
};

const open = (job) =>
  new Kafka({ clientId: 'foreign', brokers: job.brokers.split(','), logLevel: logLevel.NOTHING, retry: { retries: 15 } });

const messageOf = (record) => {
  const headers = {};
  for (const [name, value] of record.headers || []) headers[name] = bytes(value);
  const message = { key: bytes(record.key), value: bytes(record.value), headers };
  if (record.partition !== undefined) message.partition = record.partition;
  if (record.timestamp !== undefined) message.timestamp = String(record.timestamp);
  return message;
};

const produce = async (job) => {
  const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy };
  const producer = open(job).producer({
    idempotent: job.idempotent || false,
    maxInFlightRequests: job.idempotent ? 1 : undefined,
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: job.auto_create !== false,
  });
  await producer.connect();
  const step = job.pace_per_s ? 10 : job.records.length;
  for (let from = 0; from < job.records.length; from += step) {
    const part = job.records.slice(from, from + step).map((record, index) => ({ n: from + index, record }));
    for (const call of byPartition(part)) {
      const options = { topic: job.topic, acks: job.acks === undefined ? -1 : job.acks };
      options.timeout = Math.min(10000, job.timeout_ms || 30000);
      options.compression = codecs[job.compression || 'none'];
      try {
        tell(call, await producer.send({ ...options, messages: call.map((one) => messageOf(one.record)) }));
      } catch (failure) {
        call.forEach((one) => say({ n: one.n, error: String(failure), code: codeOf(failure) }));
      }
    }
    if (job.pace_per_s) await pause((step * 1000) / job.pace_per_s);
  }
  await producer.disconnect();
};

// One partition a call: when a leader moves to a broker that has answered its part of a call already, KafkaJS 2.2.4
// takes that answer for the moved partition's, too, never sends its records and reports success (sendMessages.js).
const byPartition = (part) => {
  const calls = new Map();
  for (const one of part) {
    if (!calls.has(one.record.partition)) calls.set(one.record.partition, []);
    calls.get(one.record.partition).push(one);
  }
  return calls.values();
};

// KafkaJS tells the base offset of each partition only; records of a partition stand in the order of the call.
const tell = (call, told) => {
  const next = new Map((told || []).map((one) => [one.partition, Number(one.baseOffset)]));
  for (const { n, record } of call) {
    const partition = record.partition !== undefined ? record.partition : next.size === 1 ? [...next.keys()][0] : -1;
    const line = { n, partition };
    if (next.has(partition)) {
      line.offset = next.get(partition);
      next.set(partition, line.offset + 1);
    }
    say(line);
  }
};

const calls = {
  create: async (admin, job) => {
    const configEntries = Object.entries(job.config || {}).map(([name, value]) => ({ name, value: String(value) }));
    const topic = { topic: job.topic, numPartitions: job.partitions, replicationFactor: job.replicas, configEntries };
    const validateOnly = job.validate_only || false;
    const made = await admin.createTopics({ topics: [topic], validateOnly, waitForLeaders: !validateOnly });
    // An existing topic is the one refusal that KafkaJS reports as a plain false.
    if (!made) throw Object.assign(new Error('not created: it exists'), { code: 36 });
    return { created: job.topic };
  },
  delete: async (admin, job) => {
    await admin.deleteTopics({ topics: [job.topic] });
    return { deleted: job.topic };
  },
  list: async (admin) => ({ topics: await admin.listTopics() }),
  describe: async (admin, job) => {
    const told = await admin.fetchTopicMetadata({ topics: [job.topic] });
    const partitions = told.topics[0].partitions.map((one) => ({
      partition: one.partitionId,
      leader: one.leader,
      replicas: one.replicas,
      isr: one.isr,
    }));
    return { partitions };
  },
  configs: async (admin, job) => {
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: job.topic }];
    const told = await admin.describeConfigs({ resources, includeSynonyms: false });
    return { config: Object.fromEntries(told.resources[0].configEntries.map((one) => [one.configName, one.configValue])) };
  },
  cluster: async (admin) => {
    const told = await admin.describeCluster();
    const brokers = told.brokers.map((one) => ({ id: one.nodeId, host: one.host, port: one.port }));
    return { cluster_id: told.clusterId, controller: told.controller, brokers };
  },
  offset: async (admin, job) => {
    const timed = typeof job.at === 'number';
    const all = timed ? await admin.fetchTopicOffsetsByTimestamp(job.topic, job.at) : await admin.fetchTopicOffsets(job.topic);
    const one = all.find((entry) => entry.partition === job.partition);
    return { offset: Number(timed ? one.offset : job.at === 'earliest' ? one.low : one.high) };
  },
};

const admin = async (job) => {
  const client = open(job).admin({ retry: { retries: 4 } });
  await client.connect();
  try {
    say(await calls[job.call](client, job));
  } finally {
    await client.disconnect();
  }
};

const main = async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    try {
      const job = JSON.parse(line);
      await { produce, admin }[job.do](job);
      say({ done: true });
    } catch (failure) {
      say({ done: false, error: String(failure), code: codeOf(failure) });
    }
  }
  process.exit(0);
};

main();
