package rules

import "testing"

func TestDate(t *testing.T) {
	evaluates(t, []evaluation{
		{`date("2026-01-31", "date", "iso")`, "2026-01-31T00:00:00Z"},
		{`date("2026-01-31T23:30:00-05:00", "iso", "date")`, "2026-02-01"},
		{`date("2026-01-31T10:20:30.125Z", "iso", "unixms")`, 1769854830125},
		{`date("2026-01-31T10:20:30", "iso", "unix")`, 1769854830},
		{`date(1769854830, "unix", "iso")`, "2026-01-31T10:20:30Z"},
		{`date("1769854830", "unix", "yyyy-MM-dd HH:mm:ss")`, "2026-01-31 10:20:30"},
		{`date(1769854830.5, "unix", "ss.fff")`, "30.500"},
		{`date(1769854830125, "unixms", "iso")`, "2026-01-31T10:20:30.125Z"},
		{`date(-1, "unix", "iso")`, "1969-12-31T23:59:59Z"},
		{`date(-1, "unixms", "unixms")`, -1},
		{`date("1/31/2026 9:05:00 PM", "M/d/yyyy h:mm:ss tt", "iso")`, "2026-01-31T21:05:00Z"},
		{`date("12/1/2026 12:05:00 AM", "M/d/yyyy h:mm:ss tt", "HH:mm")`, "00:05"},
		{`date("2026-01-31T21:05:00Z", "iso", "M/d/yyyy h:mm:ss tt")`, "1/31/2026 9:05:00 PM"},
		{`date("20150123105347.1Z", "yyyyMMddHHmmss.fK", "yyyy-MM-dd")`, "2015-01-23"},
		{`date(20150123, "yyyyMMdd", "date")`, "2015-01-23"},
		{`date("Sat, 31 January 2026", "ddd, d MMMM yyyy", "dddd dd MMM yy")`, "Saturday 31 Jan 26"},
		{`date("31.01.69", "dd.MM.yy", "yyyy")`, "1969"},
		{`date("31.01.49", "dd.MM.yy", "yyyy")`, "2049"},
		{`date("2020-03-16-07:00", "yyyy-MM-ddzzz", "iso")`, "2020-03-16T07:00:00Z"},
		{`date("2026-01-31", "date", "yyyy-MM-dd'T'HH:mm:sszzz \\d")`, "2026-01-31T00:00:00+00:00 d"},
		{`date("2026-01-31+0200", "yyyy-MM-ddK", "iso")`, "2026-01-30T22:00:00Z"},
		{`date(title, "iso", "date")`, nil},
		{`date("0099-12-31", "date", "iso")`, "0099-12-31T00:00:00Z"},
		{`date(253402300799, "unix", "iso")`, "9999-12-31T23:59:59Z"},
	})
}

func TestDateFaults(t *testing.T) {
	const form = `date: the value is not of the form yyyy-MM-dd`
	faults(t, []faulty{
		{`date("2026-02-30", "date", "iso")`, form},
		{`date("2026-1-31", "date", "iso")`, form},
		{`date("2026-01-31T00:00:00Z", "date", "iso")`, form},
		{`date("", "date", "iso")`, form},
		{`date(active, "date", "iso")`, form},
		{`date("0000-01-31", "date", "iso")`, form},
		{`date("2026-01-31", "iso", "date")`, `date: the value is no time as RFC 3339 writes it`},
		{`date("soon", "unix", "date")`, `date: the value is not a number of seconds or milliseconds`},
		{`date(native.groups, "unix", "date")`, `date: the value is not a number of seconds or milliseconds`},
		{`date(1e300, "unix", "date")`, `date: the year is not one from 1 to 9999`},
		{`date(253402300800, "unix", "date")`, `date: the year is not one from 1 to 9999`},
		{`date("9999-12-31T23:59:59-01:00", "iso", "date")`, `date: the year is not one from 1 to 9999`},
		{`date("1/31/2026 13:05 PM", "M/d/yyyy h:mm tt", "iso")`, `date: the value is not of the form M/d/yyyy h:mm tt`},
		{`date("1/31/2026 1:05 XM", "M/d/yyyy h:mm tt", "iso")`, `date: the value is not of the form M/d/yyyy h:mm tt`},
		{`date("31 Foo 2026", "d MMM yyyy", "iso")`, `date: the value is not of the form d MMM yyyy`},
		{`date("2026-01-31+99:00", "yyyy-MM-ddzzz", "iso")`, `date: the value is not of the form yyyy-MM-ddzzz`},
	})
}

func TestDateRefused(t *testing.T) {
	refuses(t, "wrong-type", []refused{
		{`date(value, userName, "date")`, "any", `value, userName, "date"`, `date: from and to must be written out, as in date(value, "iso", "yyyy-MM-dd")`, ``},
		{`date(value, "iso", "YYYY-MM-DD")`, "any", `value, "iso", "YYYY-MM-DD"`, `date: the pattern "YYYY-MM-DD": write yyyy for Y`, ``},
		{`date(value, "iso", "epoch")`, "any", `value, "iso", "epoch"`,
			`date: "epoch" is neither iso, date, unix nor unixms, nor a pattern such as yyyy-MM-dd: e has no meaning in one`, ``},
		{`date(value, "iso", "yyy")`, "any", `value, "iso", "yyy"`, `date: the pattern "yyy": yyy has no meaning`, ``},
		{`date(value, "iso", "HHH")`, "any", `value, "iso", "HHH"`, `date: the pattern "HHH": HHH has no meaning`, ``},
		{`date(value, "iso", "HH 'h")`, "any", `value, "iso", "HH 'h"`, `date: the pattern "HH 'h" has a quote without an end`, ``},
		{`date(value, "iso", "")`, "any", `value, "iso", ""`, `date: a pattern has 1 to 64 characters`, ``},
		{`date(value, "HH:mm", "iso")`, "any", `value, "HH:mm", "iso"`,
			`date: the pattern that a value is read by needs a year, a month and a day: yyyy, MM and dd`, ``},
		{`date(value, "yyyy-MM-dd hh:mm", "iso")`, "any", `value, "yyyy-MM-dd hh:mm", "iso"`,
			`date: hh counts to 12 and needs tt beside it: write HH for hours from 0 to 23`, ``},
		{`date(value, "iso", "unix")`, textType, `date(value, "iso", "unix")`, `gives a number, a string is needed`, `text(...) makes a string of it`},
	})
}
