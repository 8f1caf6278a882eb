// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "config/expansion.h"
#include "config/former_names.h"
#include "config/former_settings.h"
#include "config/properties.h"
#include "os/identity.h"

namespace trellis::config {
namespace {

constexpr std::string_view kStrict = "server.config.strict_validation.enabled";
constexpr std::string_view kCommandTimeout = "internal.dbms.config.command_evaluation_timeout";
constexpr std::string_view kHome = "server.directories.neo4j_home";

using Given = GivenSetting;

struct Findings {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  bool strict = true;
  // An unknown name or a repeated line: those alone may be let pass.
  void add_loose(std::string text) { (strict ? errors : warnings).push_back(std::move(text)); }
};

Result<std::string> read_whole(const std::filesystem::path& file) {
  // At once and unbuffered, so that a secret is in one place, which the caller wipes.
  std::ifstream in;
  in.rdbuf()->pubsetbuf(nullptr, 0);
  in.open(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : 0;
  std::string bytes(static_cast<size_t>(std::max<std::streamoff>(size, 0)), '\0');
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in) {
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the configuration: {}.",
                os::why_unreadable(file).empty() ? file.string() : os::why_unreadable(file));
  }
  return bytes;
}

std::string variable(const LoadOptions& options, std::string_view name) {
  for (const auto& [key, value] : options.environment) {
    if (key == name) return value;
  }
  return {};
}

// A folder: each file is a setting.
Result<> read_folder(const std::filesystem::path& folder, const LoadOptions& options,
                     std::vector<Given>& given) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with(".") || entry.is_directory(error)) continue;
    files.push_back(entry.path());
  }
  if (error) {
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the configuration: {}.",
                os::why_unreadable(folder));
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    if (options.expand_commands) TRELLIS_TRY(check_ownership(file));
    TRELLIS_TRY_ASSIGN(std::string value, read_whole(file));
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
    given.push_back({file.filename().string(), std::move(value), Source::kFile, file.string()});
  }
  return {};
}

Result<> read_file(const LoadOptions& options, std::vector<Given>& given) {
  const std::filesystem::path file = options.conf / "neo4j.conf";
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  if (options.expand_commands) TRELLIS_TRY(check_ownership(file));
  if (std::filesystem::is_directory(status)) return read_folder(file, options, given);
  TRELLIS_TRY_ASSIGN(std::string bytes, read_whole(file));
  Charset charset = Charset::kLatin1;
  if (std::string name = variable(options, "NEO4J_CONFIG_FILE_CHARSET"); !name.empty()) {
    TRELLIS_TRY_ASSIGN(charset, parse_charset(name));
  }
  auto properties = parse_properties(bytes, charset);
  wipe(bytes.data(), bytes.size());
  if (!properties) {
    return fail(ErrorCode::InvalidConfiguration, "{}, {}", file.string(),
                properties.error().message());
  }
  for (Property& property : *properties) {
    given.push_back({std::move(property.key), std::move(property.value), Source::kFile,
                     fmt::format("{}, line {}", file.string(), property.line)});
  }
  return {};
}

void report_repeated(const std::vector<Given>& given, Findings& findings) {
  std::set<std::string_view> seen;
  for (const Given& one : given) {
    const FormerName* former = find_former_name(one.name);
    const Setting* row =
        find_setting(former == nullptr ? one.name : successor_of(*former, one.name));
    if (row != nullptr && (row->flags & kRepeats) != 0) continue;
    if (!seen.insert(one.name).second) {
      findings.add_loose(fmt::format("{}: {} declared multiple times.", one.place, one.name));
    }
  }
}

// The last word about a setting that decides how the others are read.
const Given* last_of(const std::vector<Given>& given, std::string_view name) {
  const Given* found = nullptr;
  for (const Given& one : given) {
    if (one.name == name) found = &one;
  }
  return found;
}

Result<> apply(Given& one, const LoadOptions& options, std::chrono::milliseconds timeout,
               Configuration& configuration, LoadedConfiguration& loaded) {
  if (find_setting(one.name) == nullptr) {
    // Unknown names are refused before anything is executed for them.
    if (one.name.starts_with("apoc.")) {
      return fail(ErrorCode::InvalidConfiguration,
                  "Setting {} belongs in apoc.conf; apoc.* settings are not read from neo4j.conf.",
                  one.name);
    }
    return configuration.set(one.name, one.value, one.source);
  }
  if (auto command = command_of(one.value)) {
    if (options.lenient) return {};
    if (!options.expand_commands) {
      return fail(ErrorCode::InvalidConfiguration,
                  "Error evaluating value for setting '{}'. {} is a command, but config is not "
                  "explicitly told to expand it. (Missing --expand-commands argument?)",
                  one.name, one.value);
    }
    loaded.expanded.push_back(one.name);
    auto output = expand(*command, timeout);
    if (!output) {
      return fail(ErrorCode::InvalidConfiguration, "Error evaluating value for setting '{}'. {}",
                  one.name, output.error().message());
    }
    auto result = configuration.set(one.name, *output, one.source);
    wipe(output->data(), output->size());
    return result;
  }
  auto result = configuration.set(one.name, one.value, one.source);
  if (result && find_setting(one.name)->type == SettingType::kSecret) {
    wipe(one.value.data(), one.value.size());
  }
  return result;
}

std::vector<Given> gather(const LoadOptions& options, std::vector<Given> given) {
  for (const auto& [key, value] : options.environment) {
    std::string name = setting_of_variable(key);
    if (!name.empty()) given.push_back({name, value, Source::kEnvironment, "variable " + key});
  }
  for (const auto& [name, value] : options.command_line) {
    given.push_back({name, value, Source::kCommandLine, "command line"});
  }
  return given;
}

std::string lines_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "\n") + text;
  return out;
}

std::string lines_of(const std::vector<SettingLine>& lines) {
  std::string out;
  for (const SettingLine& line : lines) out += (out.empty() ? "" : "\n    ") + line.text();
  return out;
}

bool any_secret(const std::vector<SettingLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const SettingLine& line) {
    const Setting* row = find_setting(line.name);
    return row != nullptr && row->type == SettingType::kSecret;
  });
}

// The settings under the names of today. What is given twice, or has no translation, is an error
// in any case: one of two values would be taken without a word.
std::vector<Given> modernised(std::vector<Given> given, Findings& findings, bool lenient,
                              LoadedConfiguration& loaded) {
  std::vector<TranslatedSetting> translated = translate_former_settings(given);
  std::vector<std::string>& hard = lenient ? findings.warnings : findings.errors;
  for (std::string& text : settings_given_twice(given, translated)) hard.push_back(std::move(text));
  std::vector<Given> now;
  std::vector<std::string>& advice = findings.warnings;
  bool in_file = false;
  for (size_t i = 0; i < given.size(); ++i) {
    Given& one = given[i];
    TranslatedSetting& made = translated[i];
    switch (made.what) {
      case Formerly::kCurrent:
        now.push_back(std::move(one));
        break;
      case Formerly::kRefused:
        hard.push_back(fmt::format("{}: {}", one.place, made.reason));
        break;
      case Formerly::kWithoutMeaning:
        loaded.unused.push_back(one.name);
        if (made.reason.empty()) break;
        advice.push_back(
            fmt::format("{}: {} has no meaning here: {}.", one.place, one.name, made.reason));
        break;
      case Formerly::kTranslated:
        in_file = in_file || one.source == Source::kFile;
        advice.push_back(fmt::format("{}: {} is a former name. Write instead:\n    {}", one.place,
                                     one.name, lines_of(made.lines)));
        if (any_secret(made.lines)) wipe(one.value.data(), one.value.size());
        for (SettingLine& line : made.lines) {
          now.push_back({std::move(line.name), std::move(line.value), one.source, one.place});
        }
    }
  }
  if (in_file) {
    advice.push_back("This rewrites the file: trellis admin server migrate-configuration");
  }
  return now;
}

}  // namespace

Result<LoadedConfiguration> load(const LoadOptions& options) {
  std::vector<Given> in_file;
  TRELLIS_TRY(read_file(options, in_file));
  const std::vector<Given> file_only_names = [&in_file] {
    std::vector<Given> names;
    for (const Given& one : in_file) names.push_back({one.name, {}, one.source, one.place});
    return names;
  }();
  Findings findings;
  LoadedConfiguration loaded;
  std::vector<Given> given =
      modernised(gather(options, std::move(in_file)), findings, options.lenient, loaded);
  if (const Given* strict = last_of(given, kStrict)) {
    auto value = parse_boolean(strict->value);
    findings.strict = !value || *value;
  }
  if (options.lenient) findings.strict = false;
  auto timeout = options.command_timeout;
  if (const Given* given_timeout = last_of(given, kCommandTimeout)) {
    if (auto value = parse_duration(given_timeout->value)) {
      timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*value);
    }
  }
  std::filesystem::path home = options.home;
  if (const Given* given_home = last_of(given, kHome)) home = home / given_home->value;
  report_repeated(file_only_names, findings);

  Configuration configuration(home.lexically_normal());
  std::set<std::string> done_in_file;
  for (Given& one : given) {
    const Setting* row = find_setting(one.name);
    const bool repeats = row != nullptr && (row->flags & kRepeats) != 0;
    if (one.source == Source::kFile && !repeats && !done_in_file.insert(one.name).second) continue;
    if (auto result = apply(one, options, timeout, configuration, loaded); !result) {
      std::string text = fmt::format("{}: {}", one.place, result.error().message());
      if (row == nullptr || options.lenient) {
        findings.add_loose(std::move(text));
      } else {
        findings.errors.push_back(std::move(text));
      }
    } else if (row->is_unused()) {
      loaded.unused.push_back(one.name);
    }
  }
  if (!findings.errors.empty()) {
    return fail(ErrorCode::InvalidConfiguration, "{}", lines_of(findings.errors));
  }
  if (!options.conf.empty() && !configuration.is_set("server.directories.configuration") &&
      options.conf.lexically_normal() != (home / "conf").lexically_normal()) {
    TRELLIS_TRY(configuration.set("server.directories.configuration", options.conf.string(),
                                  Source::kCommandLine));
  }
  std::sort(loaded.unused.begin(), loaded.unused.end());
  loaded.unused.erase(std::unique(loaded.unused.begin(), loaded.unused.end()), loaded.unused.end());
  loaded.warnings = std::move(findings.warnings);
  loaded.configuration = std::make_shared<const Configuration>(std::move(configuration));
  return loaded;
}

std::string setting_of_variable(std::string_view variable) {
  constexpr std::string_view kPrefix = "NEO4J_";
  if (!variable.starts_with(kPrefix)) return {};
  variable.remove_prefix(kPrefix.size());
  // NEO4J_HOME, NEO4J_AUTH and their like are not settings.
  if (variable.empty() || variable.front() < 'a' || variable.front() > 'z') return {};
  std::string name;
  for (size_t i = 0; i < variable.size(); ++i) {
    if (variable[i] != '_') {
      name += variable[i];
    } else if (i + 1 < variable.size() && variable[i + 1] == '_') {
      name += '_';
      ++i;
    } else {
      name += '.';
    }
  }
  return name;
}

NamesAndValues process_environment() {
  NamesAndValues variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace trellis::config
