// The contract of drivers (README.md of the folder) on franz-go: one job per line of standard input.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
)

type record struct {
	Partition *int32       `json:"partition,omitempty"`
	Timestamp *int64       `json:"timestamp,omitempty"`
	Key       []byte       `json:"key"`
	Value     []byte       `json:"value"`
	Headers   [][2]*string `json:"headers"`
}

type place struct {
	Partition int32 `json:"partition"`
	At        any   `json:"at"`
}

type job struct {
	Do            string            `json:"do"`
	Call          string            `json:"call"`
	Brokers       string            `json:"brokers"`
	Topic         string            `json:"topic"`
	Records       []record          `json:"records"`
	Compression   string            `json:"compression"`
	Idempotent    bool              `json:"idempotent"`
	Acks          *int              `json:"acks"`
	LingerMs      int               `json:"linger_ms"`
	BatchBytes    int32             `json:"batch_bytes"`
	RequestBytes  int32             `json:"request_bytes"`
	PacePerS      int               `json:"pace_per_s"`
	TimeoutMs     int               `json:"timeout_ms"`
	Places        []place           `json:"partitions"`
	Count         int               `json:"count"`
	Reset         string            `json:"reset"`
	Isolation     string            `json:"isolation"`
	FetchBytes    int32             `json:"fetch_bytes"`
	PartitionByte int32             `json:"partition_bytes"`
	Partition     int32             `json:"partition"`
	At            any               `json:"at"`
	Replicas      int16             `json:"replicas"`
	Config        map[string]string `json:"config"`
	ValidateOnly  bool              `json:"validate_only"`
}

func (j *job) brokers() []string { return strings.Split(j.Brokers, ",") }

func (j *job) timeoutMs() int {
	if j.TimeoutMs == 0 {
		return 60_000
	}
	return j.TimeoutMs
}

var sayLock sync.Mutex

func say(line map[string]any) {
	text, _ := json.Marshal(line)
	sayLock.Lock()
	defer sayLock.Unlock()
	fmt.Println(string(text))
}

func codeOf(failure error) int16 {
	var known *kerr.Error
	if errors.As(failure, &known) {
		return known.Code
	}
	return -1
}

// The field `partitions` is a number when a topic is created and a list of places when it is read.
func parse(line []byte) (*job, int32, error) {
	var wanted struct {
		Call       string          `json:"call"`
		Partitions json.RawMessage `json:"partitions"`
	}
	if err := json.Unmarshal(line, &wanted); err != nil {
		return nil, 0, err
	}
	var partitions int32
	if wanted.Call == "create" {
		if err := json.Unmarshal(wanted.Partitions, &partitions); err != nil {
			return nil, 0, err
		}
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(line, &fields)
		delete(fields, "partitions")
		line, _ = json.Marshal(fields)
	}
	made := &job{}
	return made, partitions, json.Unmarshal(line, made)
}

func run(line []byte) error {
	wanted, partitions, err := parse(line)
	if err != nil {
		return err
	}
	switch wanted.Do {
	case "produce":
		return produce(wanted)
	case "consume":
		return consume(wanted)
	case "admin":
		return admin(wanted, partitions)
	}
	return fmt.Errorf("unknown job %q", wanted.Do)
}

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		if failure := run(line); failure != nil {
			say(map[string]any{"done": false, "error": failure.Error(), "code": codeOf(failure)})
			continue
		}
		say(map[string]any{"done": true})
	}
}
