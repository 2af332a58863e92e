package outbox

import "testing"

// TestBar reads what was written of a status bar, whatever its text holds, and
// the newest of several.
func TestBar(t *testing.T) {
	t.Parallel()
	d := Delivery{Notes: []Note{{Text: "resent"}}}
	if _, _, ok := d.Bar(); ok {
		t.Error("a bar that nobody turned")
	}
	for _, value := range []string{"Resolved · 10:31", `a "b", 0xFF000000`, "已恢复\n", ""} {
		d.Notes = append(d.Notes, Note{Text: TurnedNote(value, "0xFF15BC83")}, Note{Text: "resent by alice"})
		if got, color, ok := d.Bar(); got != value || color != "0xFF15BC83" || !ok {
			t.Errorf("%q in 0xFF15BC83 is read as %q in %s, %v", value, got, color, ok)
		}
	}
}
