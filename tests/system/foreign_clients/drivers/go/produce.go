package main

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func codecOf(name string) kgo.CompressionCodec {
	switch name {
	case "gzip":
		return kgo.GzipCompression()
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		return kgo.Lz4Compression()
	case "zstd":
		return kgo.ZstdCompression()
	}
	return kgo.NoCompression()
}

// Sends each record to the partition that it names, or else where the default partitioner puts it.
type namedOrDefault struct{ usual kgo.Partitioner }

type namedOrDefaultTopic struct{ kgo.TopicPartitioner }

func (p namedOrDefault) ForTopic(topic string) kgo.TopicPartitioner {
	return namedOrDefaultTopic{p.usual.ForTopic(topic)}
}

func (p namedOrDefaultTopic) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || p.TopicPartitioner.RequiresConsistency(r)
}

func (p namedOrDefaultTopic) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return p.TopicPartitioner.Partition(r, n)
}

func produceOptions(wanted *job) []kgo.Opt {
	acks := kgo.AllISRAcks()
	if wanted.Acks != nil && *wanted.Acks == 0 {
		acks = kgo.NoAck()
	} else if wanted.Acks != nil && *wanted.Acks == 1 {
		acks = kgo.LeaderAck()
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(wanted.brokers()...),
		kgo.AllowAutoTopicCreation(),
		kgo.RequiredAcks(acks),
		kgo.ProducerBatchCompression(codecOf(wanted.Compression)),
		kgo.ProducerLinger(time.Duration(wanted.LingerMs) * time.Millisecond),
		kgo.RecordDeliveryTimeout(time.Duration(wanted.timeoutMs()) * time.Millisecond),
		kgo.RecordPartitioner(namedOrDefault{kgo.StickyKeyPartitioner(nil)}),
	}
	if !wanted.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if wanted.BatchBytes > 0 {
		options = append(options, kgo.ProducerBatchMaxBytes(max(wanted.BatchBytes, 1024)))
	}
	if wanted.RequestBytes > 0 {
		options = append(options, kgo.ProducerBatchMaxBytes(wanted.RequestBytes))
	}
	return options
}

func recordOf(topic string, one record) *kgo.Record {
	made := &kgo.Record{Topic: topic, Key: one.Key, Value: one.Value, Partition: -1}
	if one.Partition != nil {
		made.Partition = *one.Partition
	}
	if one.Timestamp != nil {
		made.Timestamp = time.UnixMilli(*one.Timestamp)
	}
	for _, header := range one.Headers {
		var value []byte
		if header[1] != nil {
			value, _ = base64.StdEncoding.DecodeString(*header[1])
			if value == nil {
				value = []byte{}
			}
		}
		made.Headers = append(made.Headers, kgo.RecordHeader{Key: *header[0], Value: value})
	}
	return made
}

func produce(wanted *job) error {
	client, err := kgo.NewClient(produceOptions(wanted)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for number, one := range wanted.Records {
		client.Produce(context.Background(), recordOf(wanted.Topic, one), func(r *kgo.Record, failure error) {
			line := map[string]any{"n": number}
			if failure != nil {
				line["error"], line["code"] = failure.Error(), codeOf(failure)
			} else {
				line["partition"], line["offset"], line["timestamp"] = r.Partition, r.Offset, r.Timestamp.UnixMilli()
			}
			say(line)
		})
		if wanted.PacePerS > 0 && number%10 == 9 {
			time.Sleep(10 * time.Second / time.Duration(wanted.PacePerS))
		}
	}
	return client.Flush(context.Background())
}
