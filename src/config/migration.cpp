// SPDX-License-Identifier: Apache-2.0
#include "config/migration.h"

#include <fmt/format.h>

#include "config/former_settings.h"
#include "config/setting.h"

namespace trellis::config {
namespace {

// A value as a properties file has it, in ASCII, so that the charset does not matter.
std::string escaped(std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size();) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte < 0x80) {
      if (value[i] == '\\' || (i == 0 && value[i] == ' ')) out += '\\';
      out += value[i++];
      continue;
    }
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    uint32_t code = byte & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length && i + k < value.size(); ++k) {
      code = (code << 6) | (static_cast<unsigned char>(value[i + k]) & 0x3FU);
    }
    i += length;
    if (code >= 0x10000) {
      out += fmt::format("\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10));
      code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    out += fmt::format("\\u{:04x}", code);
  }
  return out;
}

class Rewriter {
 public:
  Rewriter(std::string_view bytes, Migration& migration)
      : bytes_(bytes),
        migration_(migration),
        line_end_(bytes.find("\r\n") == std::string_view::npos ? "\n" : "\r\n") {}

  void rewrite(const Property& property, const TranslatedSetting& translated) {
    migration_.text += bytes_.substr(done_, property.begin - done_);
    done_ = property.end;
    const std::string_view whole = bytes_.substr(property.begin, property.end - property.begin);
    MigratedSetting report;
    report.line = property.line;
    report.before = SettingLine{property.key, property.value}.text();
    switch (translated.what) {
      case Formerly::kTranslated:
        replace(property, translated.lines, report);
        break;
      case Formerly::kWithoutMeaning:
        report.step = MigrationStep::kWithoutMeaning;
        report.remark = translated.reason;
        comment_out(whole, translated.reason);
        break;
      case Formerly::kCurrent:
      case Formerly::kRefused:
        migration_.text += whole;
        if (find_setting(property.key) == nullptr) {
          report.step = MigrationStep::kUnknown;
          report.remark = nearest_setting(property.key);
        }
    }
    migration_.changed = migration_.changed || report.step == MigrationStep::kMigrated ||
                         report.step == MigrationStep::kWithoutMeaning;
    migration_.settings.push_back(std::move(report));
  }

  void finish() { migration_.text += bytes_.substr(done_); }

 private:
  void replace(const Property& property, const std::vector<SettingLine>& lines,
               MigratedSetting& report) {
    report.step = MigrationStep::kMigrated;
    bool told = false;
    for (const SettingLine& line : lines) {
      if (&line != &lines.front()) migration_.text += line_end_;
      if (line.implied && !told) {
        migration_.text += "# What 3.5 has by default:" + line_end_;
        told = true;
      }
      const bool as_it_stands =
          !line.implied && line.value == property.value && property.key_end != 0;
      if (as_it_stands) {
        migration_.text += bytes_.substr(property.begin, property.key_begin - property.begin);
        migration_.text += line.name;
        migration_.text += bytes_.substr(property.key_end, property.end - property.key_end);
      } else {
        migration_.text += line.name + "=" + escaped(line.value);
      }
      report.after.push_back(line.text());
      // Shown as secretly as what it became.
      if (line.value == property.value) {
        report.before = property.key + line.text().substr(line.name.size());
      }
    }
  }

  void comment_out(std::string_view whole, std::string_view reason) {
    migration_.text += "# Without a meaning in Trellis";
    if (!reason.empty()) migration_.text += fmt::format(" ({})", reason);
    migration_.text += ":" + line_end_ + "#";
    for (char c : whole) {
      migration_.text += c;
      if (c == '\n') migration_.text += '#';
    }
  }

  std::string_view bytes_;
  Migration& migration_;
  std::string line_end_;
  size_t done_ = 0;
};

}  // namespace

Result<Migration> migrate_configuration(std::string_view bytes, Charset charset,
                                        std::string_view file) {
  auto properties = parse_properties(bytes, charset);
  if (!properties) {
    return fail(ErrorCode::InvalidConfiguration, "{}, {}", file, properties.error().message());
  }
  std::vector<GivenSetting> given;
  for (const Property& property : *properties) {
    given.push_back({property.key, property.value, Source::kFile,
                     fmt::format("{}, line {}", file, property.line)});
  }
  const std::vector<TranslatedSetting> translated = translate_former_settings(given);
  std::string reasons;
  auto refuse = [&reasons](std::string_view text) {
    reasons += (reasons.empty() ? "" : "\n") + std::string(text);
  };
  for (const std::string& text : settings_given_twice(given, translated)) refuse(text);
  for (size_t i = 0; i < given.size(); ++i) {
    if (translated[i].what != Formerly::kRefused) continue;
    refuse(fmt::format("{}: {}", given[i].place, translated[i].reason));
  }
  if (!reasons.empty()) return fail(ErrorCode::InvalidConfiguration, "{}", reasons);
  Migration migration;
  Rewriter rewriter(bytes, migration);
  for (size_t i = 0; i < given.size(); ++i) rewriter.rewrite((*properties)[i], translated[i]);
  rewriter.finish();
  return migration;
}

}  // namespace trellis::config
