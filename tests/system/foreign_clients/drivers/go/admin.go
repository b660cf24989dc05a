package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func admin(wanted *job, partitions int32) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(wanted.brokers()...))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(wanted.timeoutMs())*time.Millisecond)
	defer cancel()
	line, err := adminCall(ctx, kadm.NewClient(client), wanted, partitions)
	if err != nil {
		return err
	}
	say(line)
	return nil
}

func adminCall(ctx context.Context, client *kadm.Client, wanted *job, partitions int32) (map[string]any, error) {
	switch wanted.Call {
	case "create":
		return create(ctx, client, wanted, partitions)
	case "delete":
		told, err := client.DeleteTopic(ctx, wanted.Topic)
		if err == nil {
			err = told.Err
		}
		return map[string]any{"deleted": wanted.Topic}, err
	case "list":
		told, err := client.ListTopics(ctx)
		return map[string]any{"topics": told.Names()}, err
	case "describe":
		return describe(ctx, client, wanted)
	case "configs":
		return configs(ctx, client, wanted)
	case "cluster":
		return cluster(ctx, client)
	case "offset":
		return offset(ctx, client, wanted)
	}
	return nil, fmt.Errorf("unknown call %q", wanted.Call)
}

func create(ctx context.Context, client *kadm.Client, wanted *job, partitions int32) (map[string]any, error) {
	config := map[string]*string{}
	for key, value := range wanted.Config {
		config[key] = &value
	}
	call := client.CreateTopics
	if wanted.ValidateOnly {
		call = client.ValidateCreateTopics
	}
	told, err := call(ctx, partitions, wanted.Replicas, config, wanted.Topic)
	if err == nil {
		err = told[wanted.Topic].Err
	}
	return map[string]any{"created": wanted.Topic}, err
}

func describe(ctx context.Context, client *kadm.Client, wanted *job) (map[string]any, error) {
	told, err := client.ListTopics(ctx, wanted.Topic)
	if err == nil {
		err = told[wanted.Topic].Err
	}
	if err != nil {
		return nil, err
	}
	found := []map[string]any{}
	for _, one := range told[wanted.Topic].Partitions.Sorted() {
		found = append(found, map[string]any{
			"partition": one.Partition, "leader": one.Leader, "replicas": one.Replicas, "isr": one.ISR,
			"leader_epoch": one.LeaderEpoch,
		})
	}
	return map[string]any{"topic_id": told[wanted.Topic].ID.String(), "partitions": found}, nil
}

func configs(ctx context.Context, client *kadm.Client, wanted *job) (map[string]any, error) {
	told, err := client.DescribeTopicConfigs(ctx, wanted.Topic)
	if err == nil {
		err = told[0].Err
	}
	if err != nil {
		return nil, err
	}
	found := map[string]any{}
	for _, one := range told[0].Configs {
		found[one.Key] = one.MaybeValue()
	}
	return map[string]any{"config": found}, nil
}

func cluster(ctx context.Context, client *kadm.Client) (map[string]any, error) {
	told, err := client.BrokerMetadata(ctx)
	brokers := []map[string]any{}
	for _, one := range told.Brokers {
		brokers = append(brokers, map[string]any{"id": one.NodeID, "host": one.Host, "port": one.Port})
	}
	return map[string]any{"cluster_id": told.Cluster, "controller": told.Controller, "brokers": brokers}, err
}

func offset(ctx context.Context, client *kadm.Client, wanted *job) (map[string]any, error) {
	var told kadm.ListedOffsets
	var err error
	switch at := wanted.At.(type) {
	case float64:
		told, err = client.ListOffsetsAfterMilli(ctx, int64(at), wanted.Topic)
	case string:
		switch at {
		case "earliest":
			told, err = client.ListStartOffsets(ctx, wanted.Topic)
		case "max_timestamp":
			told, err = client.ListMaxTimestampOffsets(ctx, wanted.Topic)
		default:
			told, err = client.ListEndOffsets(ctx, wanted.Topic)
		}
	}
	if err != nil {
		return nil, err
	}
	found, _ := told.Lookup(wanted.Topic, wanted.Partition)
	return map[string]any{"offset": found.Offset, "timestamp": found.Timestamp}, found.Err
}
