package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Disk full, 磁盘已满 😀":       "Disk full, 磁盘已满 😀",
		"👩\u200d🚒 ❤\ufe0f":        "👩\u200d🚒 ❤\ufe0f",
		"\x1b[31mred\x1b[0m":      "�[31mred�[0m",
		"\u009b31mred":            "�31mred",
		"a\r\nb\tc\u2028d":        "a  b c d",
		"\x00\x07\x08\x7f":        "����",
		"evil\u202etxt.exe\u2066": "evil�txt.exe�",
		"bad \xff\xc3 bytes":      "bad �� bytes",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":            "",
		"abcdef":      "abcdef",
		"abcdefg":     "abcde…",
		"磁盘满":         "磁盘满",
		"磁盘已满":        "磁盘…",
		"a磁盘已满":       "a磁盘…",
		"ab👩‍🚒👩‍🚒👩‍🚒": "ab👩‍🚒…",
	} {
		got := fit(in, 6)
		if got != want || uniseg.StringWidth(got) > 6 {
			t.Errorf("fit(%q, 6) = %q, want %q", in, got, want)
		}
	}
}

// Columns line up as a terminal shows them, and no line is wider than asked.
func TestColumns(t *testing.T) {
	t.Parallel()
	got := align([][]string{{"ID", "RULE", "TITLE"}, {"10", "磁盘", "long 磁盘已满 title"}, {"7", "r", "x"}}, 20)
	if d := cmp.Diff([]string{"ID  RULE  TITLE", "10  磁盘  long 磁盘…", "7   r     x"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		0: "0s ago", 59 * time.Second: "59s ago", time.Minute: "1m ago", 59*time.Minute + 59*time.Second: "59m ago",
		47 * time.Hour: "47h ago", 48 * time.Hour: "2d ago", -90 * time.Second: "in 1m", -48 * time.Hour: "in 2d",
	} {
		if got := age(now.Add(-ago), now); got != want {
			t.Errorf("%v: %s, want %s", ago, got, want)
		}
	}
}

// lines is a text as its lines, for comparing.
func lines(s string) []string { return strings.Split(strings.TrimPrefix(s, "\n"), "\n") }
