package main

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func offsetOf(at any) kgo.Offset {
	switch named := at.(type) {
	case float64:
		return kgo.NewOffset().At(int64(named))
	case string:
		if named == "latest" {
			return kgo.NewOffset().AtEnd()
		}
	}
	return kgo.NewOffset().AtStart()
}

func consumeOptions(wanted *job) []kgo.Opt {
	places := map[int32]kgo.Offset{}
	for _, one := range wanted.Places {
		places[one.Partition] = offsetOf(one.At)
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(wanted.brokers()...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{wanted.Topic: places}),
	}
	switch wanted.Reset {
	case "earliest":
		options = append(options, kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	case "latest":
		options = append(options, kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()))
	default:
		options = append(options, kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	}
	if wanted.Isolation == "read_committed" {
		options = append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	if wanted.FetchBytes > 0 {
		options = append(options, kgo.FetchMaxBytes(wanted.FetchBytes))
	}
	if wanted.PartitionByte > 0 {
		options = append(options, kgo.FetchMaxPartitionBytes(wanted.PartitionByte))
	}
	return options
}

func optional(content []byte) any {
	if content == nil {
		return nil
	}
	return base64.StdEncoding.EncodeToString(content)
}

func sayRecord(r *kgo.Record) {
	headers := [][]any{}
	for _, header := range r.Headers {
		headers = append(headers, []any{header.Key, optional(header.Value)})
	}
	say(map[string]any{
		"partition": r.Partition, "offset": r.Offset, "timestamp": r.Timestamp.UnixMilli(),
		"timestamp_type": r.Attrs.TimestampType(), "leader_epoch": r.LeaderEpoch,
		"key": optional(r.Key), "value": optional(r.Value), "headers": headers,
	})
}

func consume(wanted *job) error {
	client, err := kgo.NewClient(consumeOptions(wanted)...)
	if err != nil {
		return err
	}
	defer client.Close()
	timeout := wanted.TimeoutMs
	if timeout == 0 {
		timeout = 20_000
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(timeout)*time.Millisecond)
	defer cancel()
	count := 0
	for (wanted.Count == 0 || count < wanted.Count) && ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachError(func(_ string, partition int32, failure error) {
			if !errors.Is(failure, context.DeadlineExceeded) {
				say(map[string]any{"consumer_error": failure.Error(), "code": codeOf(failure)})
			}
		})
		fetches.EachRecord(func(r *kgo.Record) {
			count++
			sayRecord(r)
		})
	}
	return nil
}
