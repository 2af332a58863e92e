package bridge

import (
	"net"

	"workbell/config"
)

// admits warns of every source that takes webhooks from anybody, and refuses
// one that listens beyond this machine without saying so, and one that nothing
// could reach.
func (b *Bridge) admits(cfg *config.Config) error {
	var faults config.Faults
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		if s.Auth.None || s.Auth.At.Line == 0 {
			b.o.Log.Warn("source without authentication: anybody who reaches it can notify your people", "component", "bridge", "source", s.Name)
		}
		if s.Auth.At.Line == 0 && !isLoopback(b.o.HooksAddress) {
			faults.Add(s.At, "give auth, or write auth: none if that is meant", "sources[%d]: %q takes webhooks from anybody, and %s is reached from elsewhere", i, s.Name, b.o.HooksAddress)
		}
		if !s.Auth.BearerToken.Empty() && b.o.asksUsers() {
			faults.Add(s.Auth.At, "demand client certificates there, or leave it to the sources", "sources[%d]: %q proves itself by a bearer token, and --web.config.file demands a password of basic auth: no request can carry both", i, s.Name)
		}
	}
	return faults.Fatal()
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
