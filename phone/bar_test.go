package phone

import (
	"strings"
	"testing"
)

// TestWithBar draws a bar as it was turned, and leaves alone what has none.
func TestWithBar(t *testing.T) {
	t.Parallel()
	const msg = `{"msgtype":"oa","oa":{"head":{"bgcolor":"FFF65E5E"},"body":{"title":"Disk full"},"status_bar":{"status_value":"Firing","status_bg":"0xFFF65E5E"}}}`
	got := string(Draw(WithBar([]byte(msg), `Resolved <b> · 10:31`, "0xFF15BC83"), "ops"))
	for _, want := range []string{"Disk full", "Resolved &lt;b&gt; · 10:31", "#15BC83", "#F65E5E"} {
		if !strings.Contains(got, want) {
			t.Errorf("the drawing lacks %s: %s", want, got)
		}
	}
	if strings.Contains(got, "Firing") {
		t.Errorf("it says what it said before: %s", got)
	}
	if got := string(Draw(WithBar([]byte(msg), "Over", ""), "ops")); !strings.Contains(got, "#000000") {
		t.Errorf("without a colour it is not black: %s", got)
	}
	for _, other := range []string{`{"msgtype":"text","text":{"content":"x"}}`, `{"msgtype":"oa"}`, `{`, ``} {
		if got := string(WithBar([]byte(other), "x", "y")); got != other {
			t.Errorf("%s became %s", other, got)
		}
	}
}
