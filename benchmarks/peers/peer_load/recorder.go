package main

import (
	"encoding/json"
	"os"
	"reflect"
	"sync"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

type point struct {
	At      float64 `json:"at_s"`
	Records int64   `json:"records"`
	P99     float64 `json:"p99_ms"`
}

type report struct {
	Operation        string             `json:"operation"`
	Records          int64              `json:"records"`
	Requests         int64              `json:"requests"`
	RecordsEver      int64              `json:"records_ever"`
	Errors           map[string]int64   `json:"errors"`
	Seconds          float64            `json:"seconds"`
	RecordsPerSecond float64            `json:"records_per_second"`
	MegabytesPerS    float64            `json:"megabytes_per_second"`
	Latency          map[string]float64 `json:"latency_ms"`
	Timeline         []point            `json:"timeline"`
	ClientCPU        float64            `json:"client_cpu_seconds"`
}

// A recorder counts what ends within the measured time: after the warm-up, before the end.
type recorder struct {
	mutex    sync.Mutex
	begin    time.Time
	end      time.Time
	records  int64
	requests int64
	ever     int64 // records, with those outside the measured time
	bytes    int64
	last     time.Time
	errors   map[string]int64
	whole    *hdrhistogram.Histogram
	slice    *hdrhistogram.Histogram
	sliceN   int64
	sliceAt  time.Time
	timeline []point
	cpuFrom  float64
}

func newRecorder(o *options) *recorder {
	begin := time.Now().Add(seconds(o.warmUp))
	r := &recorder{begin: begin, end: begin.Add(seconds(o.seconds)), sliceAt: begin, errors: map[string]int64{}}
	r.whole, r.slice = histogram(), histogram()
	time.AfterFunc(time.Until(begin), func() {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.cpuFrom = cpuSeconds()
	})
	return r
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// From 1 us to 10 minutes, with three digits.
func histogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 600_000_000, 3) }

func (r *recorder) answered(records, bytes int, since time.Time) {
	now := time.Now()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.ever += int64(records)
	if now.Before(r.begin) || now.After(r.end) {
		return
	}
	r.turnSlice(now)
	micros := max(now.Sub(since).Microseconds(), 1)
	r.records += int64(records)
	r.requests++
	r.bytes += int64(bytes)
	r.sliceN += int64(records)
	r.last = now
	_ = r.whole.RecordValue(micros)
	_ = r.slice.RecordValue(micros)
}

func (r *recorder) failed(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.errors[reflect.TypeOf(err).String()+": "+shortened(err.Error())]++
}

func shortened(text string) string {
	if len(text) > 80 {
		return text[:80]
	}
	return text
}

func (r *recorder) turnSlice(now time.Time) {
	for now.Sub(r.sliceAt) >= time.Second {
		r.closeSlice()
	}
}

func (r *recorder) closeSlice() {
	at := r.sliceAt.Sub(r.begin).Seconds()
	r.timeline = append(r.timeline, point{at, r.sliceN, float64(r.slice.ValueAtQuantile(99)) / 1000})
	r.slice.Reset()
	r.sliceN = 0
	r.sliceAt = r.sliceAt.Add(time.Second)
}

// write prints the report; the time measured is `took`, or the whole if that is 0.
func (r *recorder) write(o *options, took time.Duration) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.sliceN > 0 {
		r.closeSlice()
	}
	if took == 0 {
		took = seconds(o.seconds)
	}
	milliseconds := func(quantile float64) float64 { return float64(r.whole.ValueAtQuantile(quantile)) / 1000 }
	made := report{
		Operation: o.operation, Records: r.records, Requests: r.requests, RecordsEver: r.ever, Errors: r.errors,
		Seconds:          took.Seconds(),
		RecordsPerSecond: float64(r.records) / took.Seconds(), MegabytesPerS: float64(r.bytes) / 1e6 / took.Seconds(),
		Latency: map[string]float64{
			"p50": milliseconds(50), "p90": milliseconds(90), "p99": milliseconds(99), "p99_9": milliseconds(99.9),
			"max": float64(r.whole.Max()) / 1000,
		},
		Timeline:  r.timeline,
		ClientCPU: cpuSeconds() - r.cpuFrom,
	}
	if made.Timeline == nil {
		made.Timeline = []point{}
	}
	return json.NewEncoder(os.Stdout).Encode(made)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
