package transform

import (
	"net/url"
	"strings"
	"testing"
)

// TestAppendQuery holds it to what it stands in for, for every byte.
func TestAppendQuery(t *testing.T) {
	t.Parallel()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := "x=" + strings.ReplaceAll(url.QueryEscape(string(all)), "+", "%20")
	if got := string(appendQuery([]byte("x="), all)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
