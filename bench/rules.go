package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"workbell/config"
	"workbell/source"
	"workbell/transform"
)

// applyRules returns how long one event takes with n rules, of which nine in
// ten begin with an equality and the last one matches.
func applyRules(base string, n int) (time.Duration, error) {
	var y strings.Builder
	fmt.Fprintf(&y, rulesHead, base)
	y.WriteString("groups: {sre: {users: [u1, u2, u3]}}\nrules:\n")
	for i := range n - 1 {
		when := fmt.Sprintf(`labels.service == "service-%d" && status == "firing"`, i)
		if i%10 == 9 {
			when = fmt.Sprintf(`any(alerts, .labels.instance startsWith "host-%d")`, i)
		}
		fmt.Fprintf(&y, "  - {name: r%d, when: '%s', to: sre}\n", i, when)
	}
	y.WriteString("  - {name: last, to: sre}\n")
	cfg, faults := config.Load([]byte(y.String()), config.Options{File: "bench"})
	if err := faults.Fatal(); err != nil {
		return 0, err
	}
	t, faults := transform.Load(cfg, os.DirFS("templates"))
	if err := faults.Fatal(); err != nil {
		return 0, err
	}
	src, err := source.New(source.Spec{Name: "am", Kind: source.Alertmanager})
	if err != nil {
		return 0, err
	}
	const times = 200
	began := time.Now()
	for range times {
		events, err := src.Decode(http.Header{"Content-Type": {"application/json"}}, []byte(payload), began)
		if err != nil {
			return 0, err
		}
		if got := t.Apply(events[0], began); len(got.Messages) != 1 || got.Messages[0].Rule != "last" {
			return 0, fmt.Errorf("%d rules: want one message of the last rule, got %+v", n, got)
		}
	}
	return time.Since(began) / times, nil
}
