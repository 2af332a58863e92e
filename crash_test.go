package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"workbell/sandbox"
	"workbell/secret"
)

// actAsWorkbell makes the test binary run as workbell itself, so that a test
// can kill it.
const actAsWorkbell = "WORKBELL_TEST_ACTS_AS_WORKBELL"

func TestMain(m *testing.M) {
	if os.Getenv(actAsWorkbell) != "" {
		_ = unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0) // for strace, see inject; where there is no Yama it may anyway
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// process is a workbell in a process of its own.
type process struct {
	cmd          *exec.Cmd
	hooks, admin string // base URLs
	log          *syncBuffer
}

// startProcess starts `workbell serve` with the rules and waits until it
// listens.
func startProcess(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{log: &syncBuffer{}}
	p.cmd = exec.Command(os.Args[0], append([]string{"serve", "--web.listen-address=127.0.0.1:0", "--admin.listen-address=127.0.0.1:0"}, args...)...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), actAsWorkbell+"=1")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	p.hooks, p.admin = p.listening(t, "hooks"), p.listening(t, "admin")
	return p
}

// listening waits for the log line that tells an address.
func (p *process) listening(t *testing.T, what string) string {
	t.Helper()
	line := regexp.MustCompile(`for=` + what + ` address=(\S+)`)
	for range 2000 {
		if m := line.FindStringSubmatch(p.log.String()); m != nil {
			return "http://" + m[1]
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("workbell does not listen for %s:\n%s", what, p.log.String())
	return ""
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// terminate ends it as a service manager would, and returns its exit code.
func (p *process) terminate(t *testing.T) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// memory is the most that it has had resident, in kB.
func (p *process) memory(t *testing.T) (kB int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return kB
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// crashRules have limits so wide that a crash test is not a waiting test. The
// stand-in has none at all but the one that counts here: the same content
// rings once.
const crashRules = `dingtalk:
  base_url: %s
  apps:
    - name: ops
      agent_id: 7
      app_key: key
      app_secret: secret
      limits: {recipients_per_minute: 10000000, messages_per_employee_per_day: 10000000, calls_per_second: 100000}
sources: [{name: am, type: alertmanager, auth: none}]
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre, msgtype: text}]
`

func newSandbox(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	s := sandbox.New(sandbox.Options{
		AdoptUnknown: true, Ledger: 200_000, Apps: []sandbox.App{{Name: "ops", Key: "key", Secret: secret.New("secret"), AgentID: 7}},
		Limits: sandbox.Limits{RecipientsPerMinute: -1, MessagesPerEmployeePerDay: -1, CallsPerSecond: -1},
	})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); server.Close() })
	return s, server.URL
}

// alert is Alertmanager's webhook for one alert named by n.
func alert(n int, status string) []byte {
	return fmt.Appendf(nil, `{"version":"4","groupKey":"{}:{n=\"%d\"}","status":%q,"receiver":"workbell","groupLabels":{},"commonLabels":{"alertname":"Serial-%07d"},"commonAnnotations":{},"externalURL":"http://am.example","truncatedAlerts":0,"alerts":[{"status":%q,"labels":{"alertname":"Serial-%07d"},"annotations":{},"startsAt":"2026-11-22T03:04:05Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p.example","fingerprint":"%016x"}]}`,
		n, status, n, status, n, n)
}

func postJSON(client *http.Client, url string, body []byte) (int, []byte, error) {
	res, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// TestCrash kills workbell at random under load, again and again, while
// DingTalk loses answers, and then counts: every webhook that was answered 202
// has rung exactly once, and none rang twice.
func TestCrash(t *testing.T) {
	t.Parallel()
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("CRASHES")); err == nil {
		kills = n
	}
	dingtalk, base := newSandbox(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), fmt.Appendf(nil, crashRules, base), 0o600); err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.CutAfter, Path: "asyncsend_v2", Probability: 0.003},
		{Kind: sandbox.Delay, Path: "asyncsend_v2", Probability: 0.3, Wait: 20 * time.Millisecond},
	} {
		if err := dingtalk.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	load, began := newBooks(), time.Now()
	for range kills {
		p := startProcess(t, dir)
		ctx, cancel := context.WithCancel(context.Background())
		done := load.start(ctx, t, p.hooks)
		time.Sleep(time.Duration(50+random.IntN(450)) * time.Millisecond)
		p.kill()
		cancel()
		<-done
	}
	dingtalk.Heal()
	p := startProcess(t, dir)
	waitUntil(t, func() bool { return queueDepth(t, p.admin) == 0 }, "the backlog to leave", p.log)
	took := time.Since(began)
	f, memory := load.compare(t, dingtalk, p.admin, "u1"), p.memory(t)
	if code := p.terminate(t); code != 0 {
		t.Errorf("after SIGTERM: exit code %d\n%s", code, p.log)
	}
	load.tell(t, "kill -9 as fast as it starts", kills, f, fullest(dingtalk.Calls(), time.Minute, people), memory, took)
}

// queueDepth asks the admin API how many deliveries wait.
func queueDepth(t *testing.T, admin string) int {
	t.Helper()
	res, err := http.Get(admin + "/api/v1/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var stats struct{ Open int }
	if err := json.NewDecoder(bufio.NewReader(res.Body)).Decode(&stats); err != nil {
		t.Fatal(err)
	}
	return stats.Open
}

// waitUntil waits for what must come; it fails after a minute, which bounds a
// test that has already gone wrong.
func waitUntil(t *testing.T, ok func() bool, what string, log fmt.Stringer) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s; the log:\n%s", what, tail(log.String()))
		}
	}
}

func tail(s string) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
