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
      webhook = meta:rulesetConfig{"webhook"}
    }
    if webhook then
      http:post(webhook, json = {"event": "tag:scanned", "by": by, "text": text})
    always {
      raise journal event "entry_written" attributes {"text": text, "author": "rule"}
      raise owner event "notify" attributes {"title": "Scanned", "text": text}
    }
  }
}
