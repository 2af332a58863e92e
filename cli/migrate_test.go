package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workbell/outbox"
	"workbell/outbox/pgtest"
	"workbell/outbox/postgres"
	"workbell/outbox/sqlite"
)

func TestMigrate(t *testing.T) {
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
	file := filepath.Join(t.TempDir(), "outbox.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, store: s}
	ids := []int64{r.sent("a", "u1"), r.keep("b", "u2")}
	for _, c := range []struct {
		what     string
		args     []string
		code     int
		out, err string
	}{
		{"no such file", []string{"--from=sqlite:" + file + "x", "--to=" + url}, WrongUse, "", "write sqlite:FILE"},
		{"no database", []string{"--from=sqlite:" + file, "--to=sqlite:x"}, WrongUse, "", "write postgres://"},
		{"a bridge has it open", []string{"--from=sqlite:" + file, "--to=" + url}, FellShort, "", "another workbell has it open"},
		{"", []string{"--from=sqlite:" + file, "--to=" + url}, Done, "moved: 2 deliveries, of which 1 are still to be sent", ""},
		{"it is not empty", []string{"--from=sqlite:" + file, "--to=" + url}, FellShort, "", "it has had events already"},
	} {
		if c.code == Done {
			r.ok(s.Close())
		}
		out, errs, code := run(t, append([]string{"migrate"}, c.args...)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.err) {
			t.Errorf("%s: exit code %d, %q, %q", c.what, code, out, errs)
		}
	}
	to, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	r.ok(err)
	defer func() { r.ok(to.Close()) }()
	for i, want := range []outbox.State{outbox.Sent, outbox.Queued} {
		d, err := to.Get(t.Context(), ids[i])
		if err != nil || d.State != want || time.Since(d.Created) > time.Hour {
			t.Errorf("delivery %d is %+v, %v, want it %s", ids[i], d, err, want)
		}
	}
}
