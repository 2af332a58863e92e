package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server started for a measurement.
type process struct {
	cmd     *exec.Cmd
	pid     int // of the server itself, where cmd wraps it
	address string
	admin   string        // of a bridge
	ready   time.Duration // from start to its first readiness
	log     bytes.Buffer
}

// start runs args, which must serve GET path at address, and waits until that
// answers 200.
func start(address, path string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(args[0], args[1:]...), address: address} // #nosec G204 -- the bench's own binaries
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.pid = p.cmd.Process.Pid
	client := &http.Client{Timeout: time.Second}
	for time.Since(began) < 20*time.Second {
		if res, err := client.Get("http://" + address + path); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
				client.CloseIdleConnections()
				return p, nil
			}
		}
		time.Sleep(500 * time.Microsecond)
	}
	p.stop()
	return nil, fmt.Errorf("%s is not ready after 20 s:\n%s", args[0], p.log.String())
}

func (p *process) stop() {
	_ = syscall.Kill(p.pid, syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-done
	}
}

// child makes pid that of the program which a wrapper has started.
func (p *process) child() error {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid, p.pid))
	if err != nil {
		return err
	}
	p.pid, err = strconv.Atoi(strings.TrimSpace(string(data)))
	return err
}

// memory returns the resident set in bytes.
func (p *process) memory() int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// cpu returns the processor time used so far.
func (p *process) cpu() time.Duration {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	sys, _ := strconv.Atoi(f[12])
	return time.Duration(user+sys) * 10 * time.Millisecond // USER_HZ is 100
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// bridge starts workbell with the rules given on a store of its own; wrap, if
// any, is put before the command.
func (b *bench) bridge(rules string, wrap ...string) (*process, error) {
	dir, err := os.MkdirTemp(b.dir, "store-")
	if err != nil {
		return nil, err
	}
	return b.bridgeOn("sqlite:"+filepath.Join(dir, "bench.db"), rules, wrap...)
}

// bridgeOn starts workbell on a store.
func (b *bench) bridgeOn(storage, rules string, wrap ...string) (*process, error) {
	dir, err := os.MkdirTemp(b.dir, "bridge-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "rules.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		return nil, err
	}
	address, admin := freeAddress(), freeAddress()
	args := append(wrap, b.binary, "serve", "--config.file="+file, "--storage="+storage, "--storage.max-backlog=10000000",
		"--web.listen-address="+address, "--admin.listen-address="+admin, "--log.level=warn")
	p, err := start(address, "/readyz", args...)
	if err == nil {
		p.admin = admin
	}
	return p, err
}
