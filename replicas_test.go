package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"workbell/outbox/pgtest"
	"workbell/sandbox"
)

// replicaRules have a limit that the test reaches: two people for each alert. A
// webhook that is in hand while TestClockJumps sets the clock by a day must not
// expire by that.
const replicaRules = `dingtalk:
  base_url: %s
  apps:
    - name: ops
      agent_id: 7
      app_key: key
      app_secret: secret
      limits: {recipients_per_minute: %d, messages_per_employee_per_day: 10000000, calls_per_second: %d}
sources: [{name: am, type: alertmanager, auth: none}]
groups: {sre: {users: [u1, u2]}}
rules: [{name: all, to: sre, msgtype: text, expire: 25h}]
`

// The limits of the first part of the test; each is half of what is posted.
const (
	replicas       = 3
	replicaPeople  = 100
	replicaCalls   = 15
	replicaAlerts  = 200
	replicaPosters = 8
)

// replicaTrouble is how long things break, and webhooks come in.
func replicaTrouble() time.Duration {
	if long {
		return 2 * length
	}
	return 12 * time.Second
}

// TestReplicas runs three bridges on one database. Each alert is posted to two
// of them at the same time, as two Alertmanagers do, while one is killed, one
// stopped for a while, and the database crashes. In sum they keep the limit;
// with a wide limit, at last, all that was accepted has rung once.
func TestReplicas(t *testing.T) {
	t.Parallel()
	server, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	url, err := server.Create("workbell", "template1")
	if err != nil {
		t.Fatal(err)
	}
	dingtalk, base := newSandbox(t)
	for _, fault := range []sandbox.Fault{ // so that many a call is cut short
		{Kind: sandbox.CutAfter, Path: "asyncsend_v2", Probability: 0.02},
		{Kind: sandbox.Delay, Path: "asyncsend_v2", Probability: 0.5, Wait: 200 * time.Millisecond},
	} {
		if err := dingtalk.Fail(fault); err != nil {
			t.Fatal(err)
		}
	}
	f := &fleet{T: t, dir: t.TempDir(), storage: "--storage=" + url, base: base, books: newBooks()}
	f.write(replicaPeople, replicaCalls)
	f.startAll()
	began := time.Now()
	ctx, stop := context.WithTimeout(t.Context(), replicaTrouble())
	defer stop()
	var wg sync.WaitGroup
	for range replicaPosters {
		wg.Go(func() { f.post(ctx) })
	}
	struck := f.trouble(ctx, server)
	wg.Wait()
	most := fullest(dingtalk.Calls(), time.Minute, people)
	f.write(1_000_000, 1000)
	for _, p := range f.all {
		if code, answer, err := postJSON(http.DefaultClient, p.admin+"/-/reload", nil); err != nil || code != http.StatusOK {
			t.Fatalf("reload: %d, %s, %v", code, answer, err)
		}
	}
	waitUntil(t, func() bool { return queueDepth(t, f.all[0].admin) == 0 }, "the backlog to leave", f.all[0].log)
	took := time.Since(began)
	figures := f.books.compare(t, dingtalk, f.all[1].admin, "u1", "u2")
	memory := int64(0)
	for i, p := range f.all {
		memory = max(memory, p.memory(t))
		if code := p.terminate(t); code != 0 {
			t.Errorf("replica %d, after SIGTERM: exit code %d\n%s", i, code, tail(p.log.String()))
		}
	}
	if most > replicaPeople || most < replicaPeople/2 {
		t.Errorf("%d recipients in the fullest minute; the limit is %d, and was to be put to the test", most, replicaPeople)
	}
	f.books.tell(t, "three bridges killed and stopped, the database crashing", struck, figures, most, memory, took)
}

// fleet is the replicas.
type fleet struct {
	*testing.T
	dir, storage, base string
	books              *books
	mu                 sync.Mutex
	all                []*process
}

func (f *fleet) write(people, calls int) {
	f.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, "rules.yaml"), fmt.Appendf(nil, replicaRules, f.base, people, calls), 0o600); err != nil {
		f.Fatal(err)
	}
}

// startAll starts all of them at the same time, on an empty database.
func (f *fleet) startAll() {
	f.all = make([]*process, replicas)
	var wg sync.WaitGroup
	for i := range f.all {
		wg.Go(func() { f.all[i] = startProcess(f.T, f.dir, f.storage) })
	}
	wg.Wait()
	for _, p := range f.all {
		if p == nil {
			f.FailNow()
		}
	}
}

// two returns two of the replicas.
func (f *fleet) two() (a, b string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := rand.IntN(replicas)
	return f.all[i].hooks, f.all[(i+1)%replicas].hooks
}

// post posts alerts, each to two replicas and again until one has accepted it or
// ctx ends.
func (f *fleet) post(ctx context.Context) {
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for n := f.next(); n > 0; n = f.next() {
		for accepted := false; !accepted && ctx.Err() == nil; {
			a, b := f.two()
			other := make(chan bool)
			go func() { other <- f.accepts(client, b, n) }()
			accepted = f.accepts(client, a, n)
			accepted = <-other || accepted
			time.Sleep(50 * time.Millisecond)
		}
		select { // so that there is load until the end
		case <-time.After(replicaTrouble() * replicaPosters / replicaAlerts):
		case <-ctx.Done():
		}
	}
}

// next is the number of the next alert; 0: no more.
func (f *fleet) next() int {
	f.books.mu.Lock()
	defer f.books.mu.Unlock()
	if f.books.posted == replicaAlerts {
		return 0
	}
	f.books.posted++
	return f.books.posted
}

func (f *fleet) accepts(client *http.Client, hooks string, n int) bool {
	return f.books.post(f.T, client, hooks, n, alert(n, "firing"))
}

// trouble kills, stops and crashes until ctx ends, each at least once, and
// returns how often.
func (f *fleet) trouble(ctx context.Context, server *pgtest.Server) (struck int) {
	for round := 0; round == 0 || ctx.Err() == nil; round++ {
		victim := round % replicas
		time.Sleep(time.Second)
		f.kill(victim)
		f.pause(f.all[(victim+1)%replicas], 4*time.Second) // long enough to lose the locks of a transaction
		if round%2 == 0 {
			if err := server.Stop(); err != nil {
				f.Fatal(err)
			}
			if err := server.Run(); err != nil {
				f.Fatal(err)
			}
			struck++
		}
		struck += 2
	}
	return struck
}

func (f *fleet) kill(i int) {
	f.all[i].kill()
	p := startProcess(f.T, f.dir, f.storage)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[i] = p
}

func (f *fleet) pause(p *process, d time.Duration) {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		f.Fatal(err)
	}
	time.Sleep(d)
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		f.Fatal(err)
	}
}

// TestStorageErrorsHideThePassword starts a bridge on a database that is not there.
func TestStorageErrorsHideThePassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), fmt.Appendf(nil, replicaRules, "http://127.0.0.1:1", 1000, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "serve", "--storage=postgres://u:s3cret@127.0.0.1:1/db")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), actAsWorkbell+"=1")
	answer, err := cmd.CombinedOutput()
	out := string(answer)
	if err == nil || !strings.Contains(out, "opening the store postgres://127.0.0.1:1/db") || strings.Contains(out, "s3cret") {
		t.Errorf("it ended with %v and said:\n%s", err, out)
	}
}
