package routes

import (
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/outbox"
)

func (o Options) index(c echo.Context) error { return c.HTMLBlob(http.StatusOK, o.Index()) }

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

// deliveries lists deliveries, newest first. before is the last page's last id.
func (o Options) deliveries(c echo.Context) error {
	f := outbox.Filter{Source: c.QueryParam("source"), Rule: c.QueryParam("rule"), App: c.QueryParam("app"), GroupKey: c.QueryParam("group_key")}
	for key, to := range map[string]*int64{"before": &f.Before, "event": &f.Event} {
		if err := number(c, key, to); err != nil {
			return err
		}
	}
	var limit int64
	if err := number(c, "limit", &limit); err != nil {
		return err
	}
	f.Limit = int(min(limit, 500))
	for _, s := range c.QueryParams()["state"] {
		f.States = append(f.States, outbox.State(s))
	}
	list, err := o.Store.List(c.Request().Context(), f)
	if err != nil {
		return err
	}
	if list == nil {
		list = []outbox.Delivery{}
	}
	return c.JSON(http.StatusOK, map[string]any{"deliveries": list})
}

func number(c echo.Context, key string, to *int64) error {
	text := c.QueryParam(key)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return refuse(http.StatusBadRequest, "%s=%q is not a number", key, text)
	}
	*to = n
	return nil
}

func (o Options) delivery(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return refuse(http.StatusNotFound, "there is no delivery %q", c.Param("id"))
	}
	d, err := o.Store.Get(c.Request().Context(), id)
	if errors.Is(err, outbox.ErrNotFound) {
		return refuse(http.StatusNotFound, "there is no delivery %d", id)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, d)
}

func (o Options) event(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return refuse(http.StatusNotFound, "there is no event %q", c.Param("id"))
	}
	e, err := o.Store.Event(c.Request().Context(), id)
	if errors.Is(err, outbox.ErrNotFound) {
		return refuse(http.StatusNotFound, "there is no event %d", id)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, e)
}

func (o Options) apps(c echo.Context) error { return c.JSON(http.StatusOK, o.Apps()) }

func (o Options) stats(c echo.Context) error {
	s, err := o.Store.Stats(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s)
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
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
