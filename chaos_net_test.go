package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

// flakyTo passes connections to a base URL on, and while the network is flaky
// resets many of them in the middle. It returns its own URL.
func (c *chaos) flakyTo(url string) string {
	c.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				_ = in.Close()
				continue
			}
			go c.pass(in.(*net.TCPConn), out.(*net.TCPConn))
			go c.pass(out.(*net.TCPConn), in.(*net.TCPConn))
		}
	}()
	return "http://" + l.Addr().String()
}

// pass copies until one side ends, or the dice say that both are reset.
func (c *chaos) pass(from, to *net.TCPConn) {
	defer func() { _, _ = from.Close(), to.Close() }()
	for b := make([]byte, 700); ; {
		n, err := from.Read(b)
		if n > 0 && c.flaky.Load() && rand.IntN(20) == 0 {
			_, _ = to.Write(b[:n/2])
			_, _ = from.SetLinger(0), to.SetLinger(0)
			c.struck.Add(1)
			return
		}
		if _, failed := to.Write(b[:n]); err != nil || failed != nil {
			return
		}
	}
}

// behindFlakyNetwork starts a bridge with a flaky network on both of its sides.
func behindFlakyNetwork(c *chaos) {
	c.base = c.flakyTo(c.base)
	c.startBridges(1)
	c.hooks = c.flakyTo(c.bridge(0).hooks)
}

func resetting(ctx context.Context, c *chaos) {
	c.flaky.Store(true)
	<-ctx.Done()
	c.flaky.Store(false)
}

// holding keeps hundreds of connections to the hooks busy with next to nothing:
// half of them never end their header, half their body.
func holding(ctx context.Context, c *chaos) {
	const conns = 300
	address := strings.TrimPrefix(c.bridge(0).hooks, "http://")
	var all sync.WaitGroup
	for i := range conns {
		text := "POST /hooks/am HTTP/1.1\r\nHost: workbell\r\nContent-Type: application/json\r\n"
		if i%2 == 0 {
			text += "Content-Length: 100000\r\n\r\n{"
		} else {
			text += "X-Slow: "
		}
		all.Go(func() {
			for ctx.Err() == nil {
				c.hold(ctx, address, text)
			}
		})
	}
	all.Wait()
}

// hold sends text, and a blank now and then, until the bridge has enough of it
// or ctx ends.
func (c *chaos) hold(ctx context.Context, address, text string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		c.Error(err)
		return
	}
	defer func() { _ = conn.Close() }()
	c.struck.Add(1)
	for _, err = io.WriteString(conn, text); err == nil && c.pause(ctx, 250*time.Millisecond); {
		_, err = io.WriteString(conn, " ")
	}
}
