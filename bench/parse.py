"""How many kilobytes of KRL are parsed in a second.

Writes about 300 KB of rulesets as people write them (four kinds, with names, texts and numbers
varied), parses them and prints the speed; beside it, in the same run, Python's own `ast.parse`,
which is written in C, on Python source of equal size.

    python bench/parse.py [--json] [--kilobytes 300] [--rounds 5]
"""

import argparse
import ast
import inspect
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pico.krl.parse import parse_ruleset
from pico.krl.source import Source

JOURNAL = '''ruleset org.example.journal.@word {
  meta {
    name "Journal of @word"
    description <<
      Keeps a journal of what happened to a @word: who scanned it, when, and what they wrote.
      Entries are kept by time, the newest first. See https://example.org/@word for more.
    >>
    author "The @word people"
    use module io.picolabs.wrangler alias wrangler
    use module io.picolabs.subscription alias subs
    use module org.example.@other alias @other
      with url = "https://@other.example.com/api" and retries = @n
    provides entries, latest, countBy
    shares entries, latest, countBy, __testing
  }

  global {
    entries = function(from, limit = @n){
      ent:entries
        .defaultsTo([])
        .filter(function(e){ from.isnull() || e{"at"} >= from })
        .slice(0, limit - 1)
    }
    latest = function(){
      ent:entries.length() > 0 => ent:entries.head() | {}
    }
    // How many entries each author wrote
    countBy = function(key){
      grouped = ent:entries.collect(function(e){ e.get(["author", key]) });
      grouped.map(function(list, author){ list.length() })
    }
    page = function(title, items){
      rows = items.map(function(e){
        <<<li class="@word">#{e{"at"}}: <b>#{e{["author", "name"]}}</b> #{e{"text"}}</li>
>>
      }).join("")
      <<<!DOCTYPE HTML>
<html>
  <head><title>#{title}</title><meta charset="UTF-8"></head>
  <body>
    <h1>#{title} (#{items.length()})</h1>
    <ul>#{rows}</ul>
    #{items.length() == 0 => <<<p>Nothing yet.</p> >> | ""}
  </body>
</html>
>>
    }
    tags = {"@word": ["new", "@other"], "limits": {"low": @n, "high": @n.5}, "active": true, "parent": null}
  }

  rule initialize {
    select when wrangler ruleset_installed where event:attrs{"rids"} >< meta:rid
    pre {
      channel_tags = ["@word", "journal"]
      policy = {"allow": [{"domain": "@word", "name": "*"}], "deny": []}
    }
    if ent:entries.isnull() then every {
      wrangler:createChannel(channel_tags, policy, {"allow": [{"rid": meta:rid, "name": "*"}], "deny": []})
        setting(channel)
      send_directive("created", {"channel": channel, "rid": meta:rid})
    }
    fired {
      ent:entries := []
      ent:channel := channel
      raise @word event "journal_ready" attributes event:attrs.put("eci", channel{"id"})
    } else {
      log info "already there: " + ent:entries.length() + " entries"
    }
  }

  rule write {
    select when @word scanned
             or @word note text re#^(.+)$# author re#^([a-z]+)$#i setting(text, author)
    pre {
      entry = {"at": time:now(), "text": text.defaultsTo("scanned"), "author": {"name": author}}
      full = ent:entries.length() >= @n
    }
    if not full && entry{"text"}.length() < @n * 10 then
      send_directive("written", {"entry": entry})
    fired {
      ent:entries := ent:entries.defaultsTo([]).append(entry)
      ent:by_author{[author, "last"]} := entry{"at"} if author
      raise @word event "entry_written" attributes entry
    } else {
      raise @word event "journal_full" attributes {"limit": @n, "text": text}
    } finally {
      ent:seen := ent:seen.defaultsTo(0) + 1
    }
  }
}
'''

SENSOR = '''ruleset io.example.sensor-@word.v@n {
  meta {
    name "@word sensor"
    use module io.example.store alias store
    configure using threshold = @n; period = "minutes"
    shares readings, hot, __testing
    provides readings
  }
  global {
    readings = function(since, until){
      since && until => ent:readings.filter(function(r){ since <= r{"t"} && r{"t"} < until })
                      | ent:readings.values().sort(function(a, b){ a{"t"} <=> b{"t"} })
    }
    hot = function(limit = threshold){
      ent:readings.filter(function(r){ r{"value"}.as("Number") > limit })
    }
    level = function(v){
      v > 2 * threshold => "alarm" | v > threshold => "warn" | v < -threshold => "cold" | "normal"
    }
    average = function(xs){
      n = xs.length()
      sum = xs.reduce(function(a, b){ a + b }, 0)
      n == 0 => 0 | sum / n
    }
    notify_all = defaction(message, severity = "info"){
      body = {"text": message, "severity": severity, "source": meta:picoId}
      if message then every {
        http:post("https://hooks.example.com/@word", json = body) setting(resp)
        send_directive("notified", {"status": resp{"status_code"}})
      }
      return resp{"status_code"}
    }
  }
  rule read {
    select when sensor reading
      room re#^(kitchen|hall|@word)$# value re#^(-?\\d+(?:\\.\\d+)?)$#
      setting(room, value) where value.as("Number") > 0 - @n
    pre {
      v = value.as("Number")
      r = {"t": time:now(), "room": room, "value": v, "level": level(v)}
      history = ent:history{room}.defaultsTo([])
      trend = history.length() > 1 => v - history[history.length() - 1] | 0
    }
    choose level {
      alarm => notify_all(<<#{room}: #{v} degrees, #{trend > 0 => "rising" | "falling"}>>, severity = "alarm")
      warn => send_directive("warm", {"room": room, "value": v, "trend": trend});
      normal => noop()
    }
    always {
      ent:readings{room} := r
      ent:history{room} := history.append(v).slice(0, @n)
      raise sensor event "stored" for meta:rid attributes r
      schedule sensor event "tick" at time:add(time:now(), {"minutes": @n}) attributes {"room": room} setting(job)
      clear ent:pending{room} if v == 0
    }
  }
  rule average {
    select when repeat @n (sensor stored value re#(\\d+)#) push(vs) within 5 minutes
    foreach vs setting(v, i)
    pre { avg = average(vs); off = (v - avg) * 100 / (avg || 1) }
    if off > @n || off < -@n then send_directive("outlier", {"index": i, "off": off % 100})
    fired {
      ent:outliers := ent:outliers.defaultsTo({}).put([i, "value"], v)
      raise sensor event "outliers" attributes {"count": ent:outliers.keys().length()} on final
    }
  }
  rule order { select when (a:x or b:y) before c:z and d w not between (e f, g h) }
}
'''

TRADE = '''ruleset com.example.@word.trade {
  meta {
    use module io.picolabs.wrangler alias wrangler
    use module io.picolabs.subscription alias subs
    shares bids, best, report
  }
  global {
    bids = function(){ ent:bids.defaultsTo({}) }
    best = function(){
      all = bids().values()
      top = all.sort(function(x, y){ y{"price"} <=> x{"price"} }).head();
      top.isnull() => null | top.put({"rank": 1, "of": all.length(), "currency": "@other"})
    }
    /* A report for the owner: one line for each bid,
       the highest first. */
    report = function(format){
      lines = bids().keys().map(function(k){
        b = bids(){k}
        "@word " + k + ": " + b{"price"} + " by " + b{["who", "name"]}.uc()
      })
      format like re#^html?$#i => <<<pre>#{lines.join(" / ").replace(re#[<>&]#g, "_")}</pre> >> | lines
    }
    rx = function(eci){ subs:established("Rx", eci).head(){"Tx"} }
  }
  rule bid {
    select when trade bid_made
      where event:attrs{"price"}.as("Number") > 0 && event:attrs{"who"}.typeof() == "Map"
    pre {
      price = event:attrs{"price"}.as("Number")
      who = event:attrs{"who"}
      id = random:uuid()
      known = ent:bids >< id
      high = best(){"price"}.defaultsTo(0)
      eci = event:attr("eci").defaultsTo(meta:eci)
    }
    if price > high + @n && not known then every {
      event:send({"eci": rx(eci), "domain": "trade", "type": "outbid", "attrs": {"price": price, "@word": id}})
      http:get("https://rates.example.org/@other", qs = {"from": "EUR", "amount": price}) setting(rate)
      send_directive("bid", {"id": id, "rate": rate{"content"}.decode(){["rates", 0, "value"]}})
    }
    fired {
      ent:bids{id} := {"price": price, "who": who, "at": time:now()}
      ent:count := ent:count.defaultsTo(0) + 1
      raise trade event "bid_accepted" attributes {"id": id, "price": price}
    } else {
      error warn "bid refused: " + price.encode()
      last if ent:count > @n
    }
  }
  rule sell is active {
    select when trade sell id re#^([0-9a-f-]{36})$# setting(id)
    foreach subs:established("Tx_role", "@other") setting(s)
    pre { winner = ent:bids{id} }
    event:send({"eci": s{"Tx"}, "domain": "trade", "type": "sold", "attrs": {"id": id, "mine": s{"Id"} == id}})
    always {
      clear ent:bids{id} on final
      raise wrangler event "transfer" attributes {"to": winner{["who", "eci"]}, "when": time:now()} on final
    }
  }
}
'''

HELPERS = '''ruleset @word {
  meta { provides clean, chunk, wrap, retry logging off }
  global {
    clean = function(text, most = @n){
      trimmed = text.as("String").replace(re#^\\s+|\\s+$#g, "")
      trimmed.length() > most => trimmed.substr(0, most) + "..." | trimmed
    }
    chunk = function(xs, size){
      pieces = (xs.length() + size - 1) / size
      0.range(pieces - 1).map(function(i){ xs.slice(i * size, i * size + size - 1) })
    }
    wrap = function(tag, body, attrs = {}){
      inside = attrs.keys().map(function(k){ <<#{k}="#{attrs{k}}">> }).join(" ")
      <<<#{tag} #{inside}>#{body}</#{tag}\\>>>
    }
    same = function(a, b){ a.typeof() == b.typeof() && (a cmp b) == 0 || a == b }
    table_@word = [
      {"name": "@word", "size": @n, "tags": ["a", "b", "@other"]},
      {"name": "@other", "size": @n.25, "tags": []},
      {"name": "none", "size": -1, "tags": ["@word", "@other", "third"],},
    ]
    retry = defaction(url, body, times = 3){
      http:post(url, json = body, headers = {"x-try": times, "accept": "application/json"}) setting(r)
      return {"ok": r{"status_code"} == 200, "left": times - 1}
    }
  }
}
'''

WORDS = ("boots lamp kettle bicycle violin tent camera radio kayak drill ladder teapot globe compass mower saw piano"
         " stove lens scarf parka skates helmet anvil easel").split()


def write_krl(size: int, seed: int = 1) -> list[str]:
    """Rulesets of `size` characters in all, or a little more."""
    chance, texts, written = random.Random(seed), list[str](), 0
    kinds = (JOURNAL, SENSOR, TRADE, HELPERS)
    while written < size:
        parts = kinds[len(texts) % len(kinds)].split("@")
        filled = [parts[0]]
        for part in parts[1:]:
            if part[0] == "n":
                filled.append(str(chance.randint(1, 99)) + part[1:])
            else:
                filled.append(chance.choice(WORDS) + part.removeprefix("word").removeprefix("other"))
        texts.append("".join(filled))
        written += len(texts[-1])
    return texts


def write_python(size: int) -> str:
    """Python source of at least `size` characters: the standard library's own `argparse`, repeated."""
    text = inspect.getsource(argparse)
    return text * (size // len(text) + 1)


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """The least time of some rounds, in seconds: what the work costs when nothing disturbs."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times) if len(times) < 4 else statistics.quantiles(times, n=4)[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast KRL is parsed.")
    parser.add_argument("--json", action="store_true", help="print one JSON object per figure")
    parser.add_argument("--kilobytes", type=int, default=300, help="how much KRL to write (default 300)")
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure (default 5)")
    options = parser.parse_args()
    texts = write_krl(options.kilobytes * 1000)
    size = sum(map(len, texts))
    python = write_python(size)
    parse_ruleset(Source(texts[0]))
    ours = best_of(options.rounds, lambda: [parse_ruleset(Source(text)) for text in texts])
    theirs = best_of(options.rounds, lambda: ast.parse(python))
    speed, reference = size / 1000 / ours, len(python) / 1000 / theirs
    figure = {"name": "krl-parse", "value": round(speed), "unit": "KB/s",
              "ratio": round(speed / reference, 3), "against": "ast.parse"}
    if options.json:
        print(json.dumps(figure))
    else:
        print(f"{size / 1000:.0f} KB in {len(texts)} rulesets: {speed:.0f} KB/s;"
              f" Python's ast.parse: {reference:.0f} KB/s; ratio {figure['ratio']}")


if __name__ == "__main__":
    main()
