package main

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const day = 24 * time.Hour

// jumps are scenarios in which a bridge's clock is set, forward or back, while it
// runs; nobody else's is. The last one leaves it as it was.
var jumps = []scenario{
	{name: "clock jumps a day ahead, and back", trouble: jumping(day, -day)},
	{name: "clock jumps a day back, and ahead", trouble: jumping(-day, day)},
	{name: "clock stays a day ahead", trouble: jumping(day)},
	{name: "clock stays a day behind", trouble: jumping(-day)},
	{name: "one of two bridges' clocks a day ahead, behind, right", begin: twoBridges, trouble: jumping(day, -2*day, day), refuses: true},
}

// TestClockJumps sets the clocks of running bridges; see TestChaos.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for _, s := range jumps {
		t.Run(s.name, s.run)
	}
}

// jumping sets the first bridge's clock by each of the steps, evenly.
func jumping(steps ...time.Duration) func(context.Context, *chaos) {
	return func(ctx context.Context, c *chaos) {
		clock := c.takeClock(0)
		sum := time.Duration(0)
		for _, step := range steps {
			c.pause(ctx, c.length/time.Duration(len(steps)+1))
			sum += step
			clock.set(sum)
			c.struck.Add(1)
		}
	}
}

// clock is the wall clock of one process. A program of Go's asks the vDSO, which
// the kernel maps into each process: writing to that memory changes this one's
// clock and no other's. Chaos Mesh's TimeChaos does the same.
type clock struct {
	*testing.T
	process *os.Process
	memory  *os.File
	ahead   int64 // where the seconds are that are added
}

// asked is what the vDSO's clock_gettime(clock, time) is replaced with: a system
// call, and where clock is CLOCK_REALTIME so many seconds added.
var asked = []byte{
	0xb8, 0xe4, 0, 0, 0, //                 mov  eax, 228
	0x0f, 0x05, //                          syscall
	0x85, 0xff, //                          test edi, edi
	0x75, 0x0d, //                          jnz  ret
	0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0, //  mov  rcx, 0
	0x48, 0x01, 0x0e, //                    add  [rsi], rcx
	0xc3, //                                ret
}

const aheadAt = 13 // in asked: the operand of the second mov

// twoBridges starts two on one PostgreSQL.
func twoBridges(c *chaos) { c.onPostgres(2) }

// takeClock takes the i-th bridge's clock over. It shows the same at first.
func (c *chaos) takeClock(i int) *clock {
	c.Helper()
	k := &clock{T: c.T, process: c.bridge(i).cmd.Process}
	low, high := k.vdso()
	var err error
	if k.memory, err = os.OpenFile(k.proc("mem"), os.O_RDWR, 0); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = k.memory.Close() })
	image := make([]byte, high-low)
	if _, err := io.ReadFull(io.NewSectionReader(k.memory, low, high-low), image); err != nil {
		c.Fatal(err)
	}
	at, size := k.find(image)
	if size < len(asked) {
		c.Fatalf("the vDSO's clock_gettime has %d bytes", size)
	}
	for !k.stopped(func() bool {
		if k.within(low+at, low+at+int64(size)) {
			return false
		}
		k.write(asked, low+at)
		return true
	}) {
		time.Sleep(time.Millisecond)
	}
	k.ahead = low + at + aheadAt
	return k
}

// set makes the clock show so much more than the machine's.
func (k *clock) set(ahead time.Duration) {
	k.stopped(func() bool {
		k.write(binary.LittleEndian.AppendUint64(nil, uint64(int64(ahead/time.Second))), k.ahead)
		return true
	})
}

// find returns where clock_gettime begins in the vDSO, and how long it is.
func (k *clock) find(vdso []byte) (at int64, size int) {
	f, err := elf.NewFile(bytes.NewReader(vdso))
	if err != nil {
		k.Fatal(err)
	}
	symbols, err := f.DynamicSymbols()
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "__vdso_clock_gettime" })
	if err != nil || i < 0 {
		k.Fatalf("no clock_gettime in the vDSO: %v", err)
	}
	return int64(symbols[i].Value), int(symbols[i].Size)
}

// stopped does something while no thread of the process runs.
func (k *clock) stopped(do func() bool) bool {
	if err := k.process.Signal(syscall.SIGSTOP); err != nil {
		k.Fatal(err)
	}
	defer func() { _ = k.process.Signal(syscall.SIGCONT) }()
	for _, task := range k.threads() {
		for {
			text, err := os.ReadFile(filepath.Join(task, "stat"))
			if _, rest, _ := strings.Cut(string(text), ") "); err != nil || strings.HasPrefix(rest, "T") {
				break
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
	return do()
}

// within says whether a thread stands between two addresses, or nobody can tell.
func (k *clock) within(low, high int64) bool {
	for _, task := range k.threads() {
		text, err := os.ReadFile(filepath.Join(task, "syscall")) // "number arguments… stack counter", or "-1 stack counter"
		fields := strings.Fields(string(text))
		if err != nil || len(fields) < 3 {
			return true
		}
		var counter int64
		if _, err := fmt.Sscanf(fields[len(fields)-1], "0x%x", &counter); err != nil || low <= counter && counter < high {
			return true
		}
	}
	return false
}

func (k *clock) threads() []string {
	tasks, err := filepath.Glob(k.proc("task/*"))
	if err != nil || len(tasks) == 0 {
		k.Fatalf("no threads of process %d: %v", k.process.Pid, err)
	}
	return tasks
}

// vdso returns where the kernel has mapped it.
func (k *clock) vdso() (low, high int64) {
	maps, err := os.ReadFile(k.proc("maps"))
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			_, err = fmt.Sscanf(line, "%x-%x", &low, &high)
		}
	}
	if err != nil || low == 0 {
		k.Fatalf("no vDSO in process %d: %v", k.process.Pid, err)
	}
	return low, high
}

func (k *clock) write(b []byte, at int64) {
	if _, err := k.memory.WriteAt(b, at); err != nil {
		k.Fatal(err)
	}
}

func (k *clock) proc(name string) string {
	return filepath.Join("/proc", fmt.Sprint(k.process.Pid), name)
}
