package source

import (
	"net/http"
	"os"
	"testing"
	"time"

	"workbell/secret"
)

// BenchmarkAlertmanager is the hot path: a two-alert payload of 1 kB with a
// bearer token, from the headers to the event.
func BenchmarkAlertmanager(b *testing.B) {
	body, err := os.ReadFile("testdata/alertmanager/v0.31-two-alerts.json")
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(Spec{Name: "alertmanager", Kind: Alertmanager, Auth: Auth{BearerToken: secret.New("token")}})
	if err != nil {
		b.Fatal(err)
	}
	h := http.Header{
		"Authorization": {"Bearer token"}, "Content-Type": {"application/json"},
		"Content-Length": {"1202"}, "User-Agent": {"Alertmanager/0.31.1"},
	}
	now := time.Unix(1767322000, 0)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Admit(h); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Decode(h, body, now); err != nil {
			b.Fatal(err)
		}
	}
}
