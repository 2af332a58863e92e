// Bench prints the figures of docs/performance.md as one table.
//
// It starts what it needs on loopback, measures, and stops it: the bridge as a
// process of its own, the stand-in for DingTalk and the load in this one, all
// on the same cores.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"workbell/sandbox"
	"workbell/secret"
)

// bench is one run.
type bench struct {
	binary  string
	dir     string
	seconds time.Duration // of each load
	sandbox *sandbox.Sandbox
	base    string // URL of the stand-in
	engines []engine
	rows    []row
}

type row struct{ what, figure, target string }

func main() {
	log.SetFlags(0)
	bare := flag.String("bare", "", "serve the bare handler at this address (used by bench itself)")
	binary := flag.String("binary", "./workbell", "the program to measure")
	seconds := flag.Duration("for", 10*time.Second, "how long each load runs")
	drain := flag.Duration("drain", 125*time.Second, "how long a backlog is watched; 0 leaves that out")
	deliveries := flag.Int("million", 1_000_000, "how many deliveries a store holds that is measured against an empty one; 0 leaves that out")
	flag.Parse()
	if *bare != "" {
		log.Fatal(http.ListenAndServe(*bare, http.HandlerFunc(bareHandler))) //nolint:gosec // ends with its parent
	}
	b := &bench{binary: *binary, seconds: *seconds}
	if err := b.run(*drain, *deliveries); err != nil {
		log.Fatal("bench: ", err)
	}
}

func (b *bench) run(drain time.Duration, deliveries int) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "workbell-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	b.sandbox = sandbox.New(sandbox.Options{AdoptUnknown: true, Apps: []sandbox.App{{Name: "bench", Key: "k", Secret: secret.New("s"), AgentID: 1}}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.base = "http://" + l.Addr().String()
	server := &http.Server{Handler: b.sandbox.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	defer func() { _ = server.Close() }()

	stop := b.findEngines()
	defer stop()
	steps := []func() error{b.start, b.accept, b.slowDisk, b.latency, b.rules,
		func() error { return b.million(deliveries) }}
	if drain > 0 {
		steps = append(steps, func() error { return b.drain(drain) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
		b.sandbox.Reset()
	}
	b.print()
	return nil
}

func (b *bench) add(what, target, figure string, args ...any) {
	b.rows = append(b.rows, row{what, fmt.Sprintf(figure, args...), target})
	log.Printf("%-58s %s", what, b.rows[len(b.rows)-1].figure)
}

func (b *bench) print() {
	fmt.Printf("\n%d cores, %s, %s\n\n| what | figure | wanted |\n|---|---|---|\n", runtime.NumCPU(), runtime.Version(), runtime.GOARCH)
	for _, r := range b.rows {
		fmt.Printf("| %s | %s | %s |\n", r.what, r.figure, r.target)
	}
}

// bareHandler decodes the body and keeps nothing: what HTTP and JSON alone cost.
func bareHandler(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var v map[string]any
	if err == nil && r.Method == http.MethodPost {
		err = json.Unmarshal(body, &v)
	}
	if err != nil {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(`{}`))
}

func (b *bench) bare() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address := freeAddress()
	return start(address, "/", self, "-bare="+address)
}

const rulesHead = `dingtalk:
  base_url: %s
  calls_per_month: 0
  apps: [{name: bench, agent_id: 1, app_key: k, app_secret: s, limits: {}}]
sources: [{name: am, type: alertmanager, auth: none}]
`

func (b *bench) rulesFile(rest string) string { return fmt.Sprintf(rulesHead, b.base) + rest }

const twoRules = `groups: {sre: {users: [u1, u2, u3]}}
rules:
  - {name: critical, when: 'status == "firing" && labels.severity == "critical"', to: sre, msgtype: oa, priority: high}
  - {name: others, when: 'source == "am"', to: sre, msgtype: markdown}
`

// start measures an idle bridge: its size, how soon it is ready, its memory.
func (b *bench) start() error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return fmt.Errorf("%w (make build)", err)
	}
	b.add("binary", "under 30 MB", "%.1f MB", float64(info.Size())/1e6)
	p, ready, err := startOften(func() (*process, error) { return b.bridge(b.rulesFile(twoRules)) })
	if err != nil {
		return err
	}
	defer p.stop()
	b.add("start to ready, "+strconv.Itoa(starts)+" times", "under 100 ms", "%s", ready)
	time.Sleep(2 * time.Second)
	b.add("memory, idle", "under 25 MB", "%.1f MB", float64(p.memory())/1e6)
	return nil
}

// starts is how often a start is measured: one of them, the first of a program just
// built above all, may take twice as long as the others.
const starts = 5

// startOften measures starts, and leaves the last one running.
func startOften(one func() (*process, error)) (p *process, ready string, err error) {
	var took []time.Duration
	for range starts {
		if p != nil {
			p.stop()
		}
		if p, err = one(); err != nil {
			return nil, "", err
		}
		took = append(took, p.ready)
	}
	slices.Sort(took)
	ms := func(i int) int64 { return took[i].Milliseconds() }
	return p, fmt.Sprintf("%d ms (%d to %d)", ms(starts/2), ms(0), ms(starts-1)), nil
}

// watchMemory samples the resident set until the function that it returns is
// called, which returns the most seen.
func (p *process) watchMemory() func() int64 {
	stop, result := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				result <- most
				return
			case <-tick.C:
				most = max(most, p.memory())
			}
		}
	}()
	return func() int64 { close(stop); return <-result }
}

// slowDisk measures with every sync delayed by 2 ms, where strace is there.
func (b *bench) slowDisk() error {
	const what = "64 connections, each sync delayed by 2 ms"
	strace, err := exec.LookPath("strace")
	if err != nil {
		b.add(what, "5,000/s", "not measured: strace is not installed")
		return nil
	}
	p, err := b.bridge(b.rulesFile(twoRules), strace, "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null",
		"-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=2000")
	if err != nil {
		return err
	}
	got, err := load(p.address, "/hooks/am", 64, b.seconds)
	if e := p.child(); e == nil {
		p.stop()
	} else {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	b.add(what, "5,000/s", "%.0f/s, p99 %.1f ms", got.rate, ms(got.p99))
	return err
}

// latency measures from a webhook to DingTalk's API with nothing else going on.
func (b *bench) latency() error {
	if err := b.idleBare(); err != nil {
		return err
	}
	for _, e := range b.engines {
		if err := b.latencyOn(e); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

func (b *bench) latencyOn(e engine) error {
	storage, err := e.fresh()
	if err != nil {
		return err
	}
	b.sandbox.Reset()
	p, err := b.bridgeOn(storage, b.rulesFile(twoRules))
	if err != nil {
		return err
	}
	defer p.stop()
	var all []time.Duration
	for range 200 {
		seen := len(b.sandbox.Calls())
		began := time.Now()
		if _, failed, err := post(p.address, "/hooks/am", began); err != nil || failed > 0 {
			return fmt.Errorf("posting one webhook: %d refused, %w", failed, err)
		}
		for len(b.sandbox.Calls()) == seen {
			if time.Since(began) > 5*time.Second {
				return fmt.Errorf("nothing arrived within 5 s of a webhook:\n%s", p.log.String())
			}
			time.Sleep(200 * time.Microsecond)
		}
		all = append(all, b.sandbox.Calls()[seen].At.Sub(began))
		time.Sleep(60 * time.Millisecond) // under 20 calls a second
	}
	p50, p99 := percentiles(all)
	b.add("webhook to asyncsend_v2, idle, "+e.name+", 200 times", "p50 under 3 ms, p99 under 10 ms", "p50 %.2f ms, p99 %.2f ms", ms(p50), ms(p99))
	return nil
}

// idleBare measures what a connection, a request and its answer take alone with
// nothing else going on: what waking up costs on this machine.
func (b *bench) idleBare() error {
	bare, err := b.bare()
	if err != nil {
		return err
	}
	defer bare.stop()
	var all []time.Duration
	for range 200 {
		began := time.Now()
		if _, failed, err := post(bare.address, "/", began); err != nil || failed > 0 {
			return fmt.Errorf("posting to the bare handler: %d refused, %w", failed, err)
		}
		all = append(all, time.Since(began))
		time.Sleep(60 * time.Millisecond)
	}
	p50, p99 := percentiles(all)
	b.add("bare handler, idle, connection to answer, 200 times", "", "p50 %.2f ms, p99 %.2f ms", ms(p50), ms(p99))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
