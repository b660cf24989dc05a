package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// Records are written to this many keys in turn, so that the store does not grow by keys.
const etcdKeys = 100_000

type etcdSystem struct{}

type etcdSession struct {
	client *clientv3.Client
	o      *options
	next   atomic.Int64
}

func (etcdSystem) connect(o *options) (session, error) {
	soon := backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1, MaxDelay: 10 * time.Millisecond}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:   o.addresses[:1],
		DialTimeout: min(o.attemptLimit, 5*time.Second),
		Logger:      zap.NewNop(), // errors are reported by the caller
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{Backoff: soon})},
	})
	if err != nil {
		return nil, err
	}
	made := &etcdSession{client: client, o: o}
	made.next.Store(rand.Int63n(etcdKeys))
	return made, nil
}

func (s *etcdSession) send(records [][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.attemptLimit)
	defer cancel()
	if len(records) == 1 {
		_, err := s.client.Put(ctx, s.key(), string(records[0]))
		return err
	}
	puts := make([]clientv3.Op, len(records))
	for n, record := range records {
		puts[n] = clientv3.OpPut(s.key(), string(record))
	}
	_, err := s.client.Txn(ctx).Then(puts...).Commit()
	return err
}

func (s *etcdSession) key() string { return fmt.Sprintf("%s/%d", s.o.topic, s.next.Add(1)%etcdKeys) }

func (s *etcdSession) close() { s.client.Close() }

func (etcdSystem) consume(*options, func([]byte), <-chan struct{}) error {
	return errors.New("etcd is no log to be read from its beginning")
}

func (etcdSystem) create(*options) error { return nil }

func (etcdSystem) leader(*options) (string, error) {
	return "", errors.New("ask its JSON gateway: /v3/maintenance/status")
}
