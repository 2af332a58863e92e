package cli

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestUnmapStart gives most of the program's file back, and the program goes on.
// It is not parallel: others would map pages meanwhile.
func TestUnmapStart(t *testing.T) {
	before := mapped(t)
	unmapStart()
	if after := mapped(t); after > before/2 {
		t.Errorf("%d kB of files are mapped, before %d kB", after, before)
	}
}

// mapped is how much of files is mapped and in memory, in kB.
func mapped(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "RssFile:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("/proc/self/status has no RssFile")
	return 0
}
