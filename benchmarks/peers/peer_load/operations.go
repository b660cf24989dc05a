package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	probePause   = 4 * time.Millisecond
	retryPause   = 5 * time.Millisecond
	quietBacklog = 3 * time.Second // nothing came for so long: the backlog is read
)

// produce keeps connections x in-flight requests open, or as many of them as the rate needs.
func produce(chosen system, o *options) error {
	sessions, err := connectAll(chosen, o)
	if err != nil {
		return err
	}
	r := newRecorder(o)
	load(sessions, o, r, func(err error, records int, intended time.Time) {
		if err != nil {
			r.failed(err)
			return
		}
		r.answered(records, records*o.recordBytes, intended)
	})
	closeAll(sessions)
	return r.write(o, 0)
}

func connectAll(chosen system, o *options) ([]session, error) {
	var sessions []session
	for range o.connections {
		one, err := chosen.connect(o)
		if err != nil {
			closeAll(sessions)
			return nil, err
		}
		sessions = append(sessions, one)
	}
	return sessions, nil
}

func closeAll(sessions []session) {
	for _, one := range sessions {
		one.close()
	}
}

// load sends until the recorder's end. With a rate, request k is due at its own time however late the others are, and
// `done` gets that time.
func load(sessions []session, o *options, r *recorder, done func(err error, records int, intended time.Time)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	start := time.Now()
	for _, one := range sessions {
		for range o.inFlight {
			wait.Add(1)
			go func() {
				defer wait.Done()
				records := newRecords(o)
				for time.Now().Before(r.end) {
					intended := time.Now()
					if o.rate > 0 {
						k := next.Add(1) - 1
						intended = start.Add(seconds(float64(k) * float64(o.batch) / o.rate))
						if intended.After(r.end) {
							return
						}
						time.Sleep(time.Until(intended))
					}
					stamp(records, intended)
					err := one.send(records)
					done(err, len(records), intended)
					if err != nil {
						time.Sleep(retryPause)
					}
				}
			}()
		}
	}
	wait.Wait()
}

// newRecords are filled with bytes that do not compress.
func newRecords(o *options) [][]byte {
	records := make([][]byte, o.batch)
	source := rand.New(rand.NewSource(rand.Int63()))
	for n := range records {
		records[n] = make([]byte, o.recordBytes)
		source.Read(records[n])
	}
	return records
}

func stamp(records [][]byte, when time.Time) {
	for _, record := range records {
		binary.LittleEndian.PutUint64(record, uint64(when.UnixNano()))
	}
}

// consumeBacklog reads what is there from the oldest record on; its rate counts from the first record to the last.
func consumeBacklog(chosen system, o *options) error {
	o.warmUp = 0
	r := newRecorder(o)
	stop := make(chan struct{})
	var first time.Time
	go func() {
		defer close(stop)
		for time.Now().Before(r.end) {
			time.Sleep(50 * time.Millisecond)
			r.mutex.Lock()
			last := r.last
			r.mutex.Unlock()
			if !last.IsZero() && time.Since(last) > quietBacklog {
				return
			}
		}
	}()
	err := chosen.consume(o, func(record []byte) {
		now := time.Now()
		if first.IsZero() {
			first = now
		}
		r.answered(1, len(record), now)
	}, stop)
	if err != nil {
		return err
	}
	if first.IsZero() {
		return fmt.Errorf("no record came: produce some first")
	}
	return r.write(o, max(r.last.Sub(first), time.Millisecond))
}

// endToEnd measures from the intended start of a record's sending to its delivery.
func endToEnd(chosen system, o *options) error {
	sessions, err := connectAll(chosen, o)
	if err != nil {
		return err
	}
	r := newRecorder(o)
	stop := make(chan struct{})
	consumed := make(chan error, 1)
	go func() {
		consumed <- chosen.consume(o, func(record []byte) {
			sent := time.Unix(0, int64(binary.LittleEndian.Uint64(record)))
			r.answered(1, len(record), sent)
		}, stop)
	}()
	load(sessions, o, r, func(err error, _ int, _ time.Time) {
		if err != nil {
			r.failed(err)
		}
	})
	close(stop)
	closeAll(sessions)
	if err := <-consumed; err != nil {
		return err
	}
	return r.write(o, 0)
}

// probe sends one record after the other until its input ends, again until each is acknowledged, and prints the time
// of every acknowledgement in ns since 1970. Unlike elsewhere the next address is used when the first does not answer.
func probe(chosen system, o *options) error {
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	output := bufio.NewWriter(os.Stdout)
	records := newRecords(o)
	said := ""
	say := func(err error) {
		if err.Error() != said {
			said = err.Error()
			fmt.Fprintln(os.Stderr, said)
		}
	}
	var current session
	for {
		select {
		case <-ended:
			return output.Flush()
		default:
		}
		if current == nil {
			opened, err := chosen.connect(o)
			if err != nil {
				say(err)
				o.addresses = append(o.addresses[1:], o.addresses[0])
				time.Sleep(retryPause)
				continue
			}
			current = opened
		}
		if err := current.send(records); err != nil {
			say(err)
			// A closing handshake with a server that hangs must not hold up the next attempt.
			go current.close()
			current = nil
			o.addresses = append(o.addresses[1:], o.addresses[0])
			time.Sleep(retryPause)
			continue
		}
		fmt.Fprintln(output, time.Now().UnixNano())
		_ = output.Flush()
		time.Sleep(probePause)
	}
}
