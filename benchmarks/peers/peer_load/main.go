// Load on NATS JetStream, RabbitMQ and etcd through their own Go clients, and a report as one JSON document.
// The options and the report are those of benchmarks/load, so that one program reads both.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

type options struct {
	system       string
	operation    string
	addresses    []string
	topic        string
	connections  int
	inFlight     int
	recordBytes  int
	batch        int
	rate         float64
	seconds      float64
	warmUp       float64
	attemptLimit time.Duration
}

// A session is one connection to a system. Send returns when all records are acknowledged; several goroutines may
// call it at once.
type session interface {
	send(records [][]byte) error
	close()
}

// A system opens sessions and delivers what was stored.
type system interface {
	connect(o *options) (session, error)
	// consume calls `got` for each record from the oldest on, until `stop` is closed.
	consume(o *options, got func(record []byte), stop <-chan struct{}) error
	create(o *options) error
	leader(o *options) (string, error)
}

var systems = map[string]system{"nats": natsSystem{}, "rabbitmq": rabbitSystem{}, "etcd": etcdSystem{}}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		err = perform(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer_load:", err)
		os.Exit(1)
	}
}

func parse(arguments []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("peer_load", flag.ContinueOnError)
	addresses := flags.String("addresses", "", "comma-separated; the first is used while it answers")
	flags.StringVar(&o.system, "system", "", "nats, rabbitmq or etcd")
	flags.StringVar(&o.operation, "operation", "produce", "produce, consume, end-to-end, probe, create or leader")
	flags.StringVar(&o.topic, "topic", "bench", "stream, queue or prefix of keys")
	flags.IntVar(&o.connections, "connections", 1, "")
	flags.IntVar(&o.inFlight, "in-flight", 1, "requests of each connection")
	flags.IntVar(&o.recordBytes, "record-bytes", 1024, "")
	flags.IntVar(&o.batch, "batch", 1, "records of one request, where the system has such")
	flags.Float64Var(&o.rate, "rate", 0, "records per second over all connections; 0: as fast as answers come")
	flags.Float64Var(&o.seconds, "seconds", 5, "measured")
	flags.Float64Var(&o.warmUp, "warm-up-seconds", 0, "before them")
	attempt := flags.Int("attempt-ms", 10000, "an attempt without an answer has failed after this")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	o.addresses = strings.Split(*addresses, ",")
	o.attemptLimit = time.Duration(*attempt) * time.Millisecond
	switch {
	case *addresses == "":
		return nil, fmt.Errorf("--addresses is missing")
	case systems[o.system] == nil:
		return nil, fmt.Errorf("--system must be nats, rabbitmq or etcd")
	case o.connections < 1 || o.inFlight < 1 || o.batch < 1 || o.recordBytes < 8:
		return nil, fmt.Errorf("numbers must be 1 or more, records have at least 8 bytes")
	}
	return o, nil
}

func perform(o *options) error {
	chosen := systems[o.system]
	switch o.operation {
	case "produce":
		return produce(chosen, o)
	case "consume":
		return consumeBacklog(chosen, o)
	case "end-to-end":
		return endToEnd(chosen, o)
	case "probe":
		return probe(chosen, o)
	case "create":
		return chosen.create(o)
	case "leader":
		name, err := chosen.leader(o)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(map[string]string{"leader": name})
	}
	return fmt.Errorf("there is no operation %q", o.operation)
}
