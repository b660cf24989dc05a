package main

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type natsSystem struct{}

type natsSession struct {
	connection *nats.Conn
	stream     jetstream.JetStream
	o          *options
}

// Only the first address: the caller decides when another one is tried.
func (natsSystem) open(o *options) (*nats.Conn, jetstream.JetStream, error) {
	limit := min(2*o.attemptLimit, 5*time.Second)
	connection, err := nats.Connect(o.addresses[0], nats.Timeout(limit), nats.NoReconnect(), nats.DontRandomize())
	if err != nil {
		return nil, nil, err
	}
	stream, err := jetstream.New(connection)
	return connection, stream, err
}

func (s natsSystem) connect(o *options) (session, error) {
	connection, stream, err := s.open(o)
	if err != nil {
		return nil, err
	}
	return &natsSession{connection: connection, stream: stream, o: o}, nil
}

func (s *natsSession) send(records [][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.attemptLimit)
	defer cancel()
	for _, record := range records {
		if _, err := s.stream.Publish(ctx, s.o.topic, record, jetstream.WithRetryAttempts(0)); err != nil {
			return err
		}
	}
	return nil
}

func (s *natsSession) close() { s.connection.Close() }

func (s natsSystem) consume(o *options, got func([]byte), stop <-chan struct{}) error {
	connection, stream, err := s.open(o)
	if err != nil {
		return err
	}
	defer connection.Close()
	consumer, err := stream.OrderedConsumer(context.Background(), o.topic, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	running, err := consumer.Consume(func(message jetstream.Msg) { got(message.Data()) }, jetstream.PullMaxMessages(2000))
	if err != nil {
		return err
	}
	<-stop
	running.Stop()
	return nil
}

func (s natsSystem) create(o *options) error {
	connection, stream, err := s.open(o)
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = stream.CreateStream(ctx, jetstream.StreamConfig{
		Name: o.topic, Subjects: []string{o.topic}, Replicas: 3, Storage: jetstream.FileStorage,
	})
	return err
}

func (s natsSystem) leader(o *options) (string, error) {
	connection, stream, err := s.open(o)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	found, err := stream.Stream(ctx, o.topic)
	if err != nil {
		return "", err
	}
	return found.CachedInfo().Cluster.Leader, nil
}
