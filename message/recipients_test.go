package message

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func names(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("u%04d", i))
	}
	return out
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r     Recipients
		limit int
		want  [][3]int // named people, departments, count of each call
	}{
		"nobody":                      {Recipients{}, 0, nil},
		"everyone takes in the rest":  {Recipients{Everyone: true}, 0, [][3]int{{0, 0, 5000}}},
		"exactly one call":            {Recipients{Users: names(100)}, 0, [][3]int{{100, 0, 100}}},
		"one user more":               {Recipients{Users: names(101)}, 0, [][3]int{{100, 0, 100}, {1, 0, 1}}},
		"users and mobiles share":     {Recipients{Users: names(60), Mobiles: names(41)}, 0, [][3]int{{100, 0, 100}, {1, 0, 1}}},
		"known departments and users": {Recipients{Users: names(100), Depts: []Dept{{1, 120}, {2, 80}}}, 0, [][3]int{{100, 2, 300}}},
		"unknown size goes alone":     {Recipients{Users: names(2), Depts: []Dept{{7, 0}, {8, 10}}}, 0, [][3]int{{0, 1, 5000}, {2, 1, 12}}},
		"sizes packed under the cap":  {Recipients{Depts: []Dept{{1, 3000}, {2, 2500}, {3, 2000}, {4, 2500}}}, 0, [][3]int{{0, 2, 5000}, {0, 2, 5000}}},
		"larger than the cap":         {Recipients{Depts: []Dept{{1, 9000}, {2, 10}}}, 0, [][3]int{{0, 1, 9000}, {0, 1, 10}}},
		"a smaller limit of the app":  {Recipients{Users: names(25)}, 10, [][3]int{{10, 0, 10}, {10, 0, 10}, {5, 0, 5}}},
		"21 departments":              {Recipients{Depts: depts(21)}, 0, [][3]int{{0, 20, 20}, {0, 1, 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][3]int
			var back Recipients
			for _, call := range c.r.Calls(c.limit) {
				got = append(got, [3]int{len(call.Users) + len(call.Mobiles), len(call.Depts), call.Count()})
				back = back.Union(call)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("named, departments, people a call (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.r.Union(Recipients{}), back); d != "" {
				t.Errorf("the calls together are not the recipients (-want +got):\n%s", d)
			}
		})
	}
}

func depts(n int) []Dept {
	var out []Dept
	for i := range n {
		out = append(out, Dept{ID: int64(i + 1), Size: 1})
	}
	return out
}

func TestUnionAndMinus(t *testing.T) {
	t.Parallel()
	a := Recipients{Users: []string{"u2", "u1"}, Depts: []Dept{{1, 0}, {2, 5}}}
	b := Recipients{Users: []string{"u2", "u3"}, Depts: []Dept{{1, 120}}, Mobiles: []string{"1"}}
	want := Recipients{Users: []string{"u1", "u2", "u3"}, Depts: []Dept{{1, 120}, {2, 5}}, Mobiles: []string{"1"}}
	if d := cmp.Diff(want, a.Union(b)); d != "" {
		t.Errorf("union (-want +got):\n%s", d)
	}
	if d := cmp.Diff(Recipients{Users: []string{"u3"}, Depts: []Dept{}, Mobiles: []string{"1"}}, b.Minus(a)); d != "" {
		t.Errorf("minus (-want +got):\n%s", d)
	}
	if !a.Minus(Recipients{Everyone: true}).Empty() || a.Empty() {
		t.Error("everyone takes in all, and two users are not nobody")
	}
	if got := a.Union(Recipients{Everyone: true}); !got.Everyone || got.Users != nil {
		t.Errorf("everyone takes in all: %+v", got)
	}
}
