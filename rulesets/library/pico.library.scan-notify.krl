ruleset pico.library.scan-notify {
  meta {
    name "If scanned, tell me"
    description <<
      When somebody scans the item's tag: write it into the journal, put a notice into the
      owner's inbox, and call a webhook, if the configuration names one: {"webhook": "https://..."}.
    >>
  }

  global {
    who = function(by) {
      by == "owner" => "You" | "Somebody"
    }
  }

  rule scanned {
    select when tag scanned
    pre {
      by = event:attrs{"by"}
      text = <<#{who(by)} scanned the tag>>
    }
    // The webhook is called in a turn of its own, so that a slow one does not hold up the notice.
    if meta:rulesetConfig{"webhook"} then
      event:send({"eci": ctx:picoId, "domain": "webhook", "type": "wanted", "attrs": {"by": by, "text": text}})
    always {
      raise journal event "entry_written" attributes {"text": text, "author": "rule"}
      raise owner event "notify" attributes {"title": "Scanned", "text": text}
    }
  }

  rule call_webhook {
    select when webhook wanted
    http:post(meta:rulesetConfig{"webhook"},
              json = {"event": "tag:scanned", "by": event:attrs{"by"}, "text": event:attrs{"text"}})
  }
}
