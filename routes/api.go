package routes

import (
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/outbox"
)

// reload loads rules.yaml and the templates again: 200, or 400 with every
// fault, and then the old ones stay.
func (o Options) reload(c echo.Context) error {
	err := o.Reload(c.Request().Context())
	var faults config.Faults
	if errors.As(err, &faults) {
		return refuse(http.StatusBadRequest, "the old rules stay in force; the faults are:\n%s", faults.Error())
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "reloaded"})
}

func (o Options) apps(c echo.Context) error { return c.JSON(http.StatusOK, o.Apps()) }

// stats are the store's counts and how the month's calls stand.
type stats struct {
	outbox.Stats
	Budget any `json:"budget,omitempty"`
}

func (o Options) stats(c echo.Context) error {
	s, err := o.Store.Stats(c.Request().Context())
	if err != nil {
		return err
	}
	answer := stats{Stats: s}
	if o.Budget != nil {
		answer.Budget = o.Budget()
	}
	return c.JSON(http.StatusOK, answer)
}

// hostIsLocal refuses requests whose Host is a name other than localhost: a
// web page can make its own name point here, not an address.
func hostIsLocal(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
		if net.ParseIP(host) == nil && host != "localhost" {
			return refuse(http.StatusForbidden, "Host %q is not this machine's; use http://localhost or its address", host)
		}
		return next(c)
	}
}

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.Handle("/debug/pprof/cmdline", http.NotFoundHandler()) // --storage may hold a password
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
