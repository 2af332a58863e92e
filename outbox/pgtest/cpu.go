package pgtest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CPU returns the processor time that the server and its processes have used
// since it was started, those that have ended included, to 10 ms. It needs
// Linux' /proc.
func (s *Server) CPU() (time.Duration, error) {
	if s.cmd == nil {
		return 0, errors.New("reading the server's processor time: it does not run")
	}
	pid := s.cmd.Process.Pid
	sum, err := ticks(strconv.Itoa(pid), true)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, child := range strings.Fields(string(children)) {
		n, err := ticks(child, false)
		if errors.Is(err, os.ErrNotExist) { // it has ended meanwhile
			continue
		}
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * 10 * time.Millisecond, nil // USER_HZ is 100
}

// ticks reads the processor time of a process, and that of its children which
// have ended, where these are wanted.
func ticks(pid string, children bool) (sum int, err error) {
	data, err := os.ReadFile("/proc/" + pid + "/stat") // #nosec G304 G703 -- a number
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ") // after the name, which may hold anything
	f := strings.Fields(rest)
	if len(f) < 15 {
		return 0, fmt.Errorf("reading the processor time of process %s: /proc has %q", pid, data)
	}
	times := f[11:13] // user, system, and the same of children that have ended
	if children {
		times = f[11:15]
	}
	for _, t := range times {
		n, err := strconv.Atoi(t)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
