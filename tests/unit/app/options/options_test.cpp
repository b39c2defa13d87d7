#include "app/options/options.h"

#include <gmock/gmock.h>

#include <functional>
#include <regex>
#include <set>

#include "options_fixture.h"

#include "base/text.h"

namespace perf_exporter {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A value of a flag that differs from its default, and what the option then shows.
struct Sample {
  std::string text;
  std::string shown;
  std::function<std::string(const Options&)> show;
};

template <class Enum>
std::string number(Enum value) {
  return std::to_string(static_cast<int>(value));
}

std::string cpus_of(const Options& options) {
  return number(options.cpus.kind) + ":" + format_cpu_list(options.cpus.list);
}

std::map<std::string, Sample> samples(const std::string& directory) {
  const auto collectors = [](const Options& o) { return join(o.collectors, ","); };
  return {
      {"collector", {"hw_cache,cycles", "cycles,hw_cache", collectors}},
      {"no-collector", {"cycles,cache", "instructions", collectors}},
      {"cpus", {"0-2,8", "2:0-2,8", cpus_of}},
      {"aggregate", {"node", "2", [](const Options& o) { return number(o.aggregate); }}},
      {"guests", {"exclude", "2", [](const Options& o) { return number(o.guests); }}},
      {"strict", {"true", "1", [](const Options& o) { return std::to_string(o.strict); }}},
      {"web.listen-address",
       {"[::1]:9,unix:/run/x", "[::1]:9|unix:/run/x",
        [](const Options& o) { return join(o.listen_addresses, "|"); }}},
      {"web.telemetry-path",
       {"/perf/metrics", "/perf/metrics", [](const Options& o) { return o.telemetry_path; }}},
      {"web.max-requests",
       {"7", "7", [](const Options& o) { return std::to_string(o.max_requests); }}},
      {"path.procfs",
       {directory, directory, [](const Options& o) { return o.paths.procfs.string(); }}},
      {"path.sysfs",
       {directory, directory, [](const Options& o) { return o.paths.sysfs.string(); }}},
      {"path.cgroupfs",
       {directory, directory, [](const Options& o) { return o.paths.cgroupfs.string(); }}},
      {"log.level", {"warn", "2", [](const Options& o) { return number(o.log_level); }}},
      {"log.format", {"json", "1", [](const Options& o) { return number(o.log_style.format); }}},
      {"format", {"json", "1", [](const Options& o) { return number(o.report_format); }}},
      {"scope", {"cgroup,cpu", "cpu,cgroup", [](const Options& o) { return join(o.scopes, ","); }}},
      {"need", {"true", "1", [](const Options& o) { return std::to_string(o.need); }}},
      {"exit-zero", {"true", "1", [](const Options& o) { return std::to_string(o.exit_zero); }}},
      {"trace", {"true", "1", [](const Options& o) { return std::to_string(o.trace); }}},
      {"pid", {"77", "77", [](const Options& o) { return std::to_string(o.trace_pid); }}},
      {"for",
       {"1500ms", "1500", [](const Options& o) { return std::to_string(o.stat_for.count()); }}},
  };
}

Arguments behind_command(const FlagDescription& flag) {
  return flag.command.empty() ? Arguments{} : Arguments{flag.command};
}

// What is said about a flag, and a way to set it, for each flag but --config, which has no sample.
template <class Check>
void for_each_flag(const std::string& directory, const Check& check) {
  const auto known = samples(directory);
  for (const FlagDescription& flag : describe_flags(kCollectors)) {
    SCOPED_TRACE(flag.name);
    if (flag.name == "config") {
      continue;
    }
    const auto sample = known.find(flag.name);
    ASSERT_NE(sample, known.end()) << "a new flag needs a sample here";
    ASSERT_NE(sample->second.show(parsed(behind_command(flag))), sample->second.shown);
    check(flag, sample->second);
  }
}

TEST_F(OptionsTest, EveryFlagIsTakenFromTheCommandLine) {
  for_each_flag(directory("tree"), [](const FlagDescription& flag, const Sample& sample) {
    Arguments apart = behind_command(flag);
    Arguments joined = apart;
    apart.push_back("--" + flag.name);
    joined.push_back("--" + flag.name + "=" + sample.text);
    if (flag.kind != FlagKind::toggle) {
      apart.push_back(sample.text);
    }
    EXPECT_EQ(sample.show(parsed(apart)), sample.shown);
    EXPECT_EQ(sample.show(parsed(joined)), sample.shown);
  });
}

TEST_F(OptionsTest, EveryFlagIsTakenFromTheEnvironment) {
  for_each_flag(directory("tree"), [](const FlagDescription& flag, const Sample& sample) {
    EXPECT_EQ(sample.show(parsed({}, {{flag.environment, sample.text}})), sample.shown);
  });
}

TEST_F(OptionsTest, EveryFlagIsTakenFromTheFile) {
  for_each_flag(directory("tree"), [this](const FlagDescription& flag, const Sample& sample) {
    const bool bare = flag.kind == FlagKind::toggle || flag.name == "web.max-requests";
    const std::string value = bare ? sample.text : "\"" + sample.text + "\"";
    const auto file = config(flag.name + " = " + value + "\n");
    EXPECT_EQ(sample.show(parsed({"--config", file})), sample.shown);
    EXPECT_EQ(sample.show(parsed({}, {{"PERF_EXPORTER_CONFIG", file}})), sample.shown);
  });
}

TEST_F(OptionsTest, EveryFlagRefusesTwoValuesUnlessItIsAList) {
  for_each_flag(directory("tree"), [](const FlagDescription& flag, const Sample& sample) {
    Arguments arguments = behind_command(flag);
    arguments.push_back("--" + flag.name + "=" + sample.text);
    arguments.push_back(arguments.back());
    if (flag.kind == FlagKind::list) {
      EXPECT_TRUE(parse(arguments));
    } else {
      EXPECT_THAT(refused(arguments), HasSubstr("--" + flag.name + ": takes one value, not 2"));
    }
  });
}

TEST_F(OptionsTest, EnvironmentNamesFollowTheFlags) {
  std::map<std::string, std::string> names;
  for (const FlagDescription& flag : describe_flags(kCollectors)) {
    names[flag.name] = flag.environment;
  }
  EXPECT_EQ(names["web.listen-address"], "PERF_EXPORTER_WEB_LISTEN_ADDRESS");
  EXPECT_EQ(names["no-collector"], "PERF_EXPORTER_NO_COLLECTOR");
  EXPECT_EQ(names["config"], "PERF_EXPORTER_CONFIG");
}

TEST_F(OptionsTest, DefaultsAreTheDocumentedOnes) {
  const Options options = parsed({});
  EXPECT_EQ(options.command, Command::serve);
  EXPECT_THAT(options.collectors, ElementsAre("cycles", "instructions", "cache"));
  EXPECT_EQ(options.cpus.kind, CpuChoice::Kind::online);
  EXPECT_EQ(options.aggregate, Aggregate::cpu);
  EXPECT_EQ(options.guests, GuestChoice::automatic);
  EXPECT_THAT(options.listen_addresses, ElementsAre(":10950"));
  EXPECT_EQ(options.telemetry_path, "/metrics");
  EXPECT_EQ(options.max_requests, 40);
  EXPECT_EQ(options.paths.procfs, "/proc");
  EXPECT_EQ(options.paths.sysfs, "/sys");
  EXPECT_EQ(options.log_level, LogLevel::info);
  EXPECT_EQ(options.log_style, LogStyle{});
  EXPECT_FALSE(options.strict);
  EXPECT_EQ(options.stat_for, std::chrono::seconds(10));
  EXPECT_THAT(options.ignored_environment, IsEmpty());
}

TEST_F(OptionsTest, FlagGoesBeforeEnvironmentBeforeFileBeforeDefault) {
  const auto file = config("web.max-requests = 1\n");
  const Environment environment = {{"PERF_EXPORTER_WEB_MAX_REQUESTS", "2"}};
  EXPECT_EQ(parsed({"--config", file, "--web.max-requests", "3"}, environment).max_requests, 3);
  EXPECT_EQ(parsed({"--config", file}, environment).max_requests, 2);
  EXPECT_EQ(parsed({"--config", file}).max_requests, 1);
  EXPECT_EQ(parsed({}).max_requests, 40);
}

TEST_F(OptionsTest, ListOfAHigherSourceReplacesTheLowerOne) {
  const Environment environment = {{"PERF_EXPORTER_WEB_LISTEN_ADDRESS", ":1,:2"}};
  EXPECT_THAT(parsed({"--web.listen-address=:3", "--web.listen-address=:4,:5"}, environment)
                  .listen_addresses,
              ElementsAre(":3", ":4", ":5"));
  EXPECT_THAT(parsed({}, environment).listen_addresses, ElementsAre(":1", ":2"));
}

TEST_F(OptionsTest, EmptyVariableCountsAsNotSet) {
  EXPECT_EQ(parsed({}, {{"PERF_EXPORTER_CPUS", ""}}).cpus.kind, CpuChoice::Kind::online);
}

TEST_F(OptionsTest, VariablesOfNoFlagAreIgnoredAndNamed) {
  const Environment environment = {{"PERF_EXPORTER_PORT", "tcp://10.0.0.1:10950"},
                                   {"PERF_EXPORTER_SERVICE_HOST", "10.0.0.1"},
                                   {"PERF_EXPORTER_LOG_LEVEL", "debug"},
                                   {"HOME", "/root"}};
  EXPECT_THAT(parsed({}, environment).ignored_environment,
              ElementsAre(IgnoredVariable{"PERF_EXPORTER_PORT", ""},
                          IgnoredVariable{"PERF_EXPORTER_SERVICE_HOST", ""}));
}

std::string hint_of(const std::string& variable) {
  const auto ignored = parsed({}, {{variable, "1"}}).ignored_environment;
  return ignored.size() == 1 ? ignored.front().hint : "taken";
}

TEST_F(OptionsTest, MistypedVariablesAreTold) {
  for (const auto& [variable, meant] : std::map<std::string, std::string>{
           {"PERF_EXPORTER_LOG_LEVL", "PERF_EXPORTER_LOG_LEVEL"},
           {"PERF_EXPORTER_LOGLEVEL", "PERF_EXPORTER_LOG_LEVEL"},
           {"PERF_EXPORTER_log.level", "PERF_EXPORTER_LOG_LEVEL"},
           {"PERF_EXPORTER_COLLECTORS", "PERF_EXPORTER_COLLECTOR"},
           {"PERF_EXPORTER_WEB_LISTEN_ADDRESSES", "PERF_EXPORTER_WEB_LISTEN_ADDRESS"},
           {"PERF_EXPORTER_LISTEN_ADDRESS", "PERF_EXPORTER_WEB_LISTEN_ADDRESS"},
           {"PERF_EXPORTER_CPU", "PERF_EXPORTER_CPUS"},
           {"PERF_EXPORTER_SCTRICT", "PERF_EXPORTER_STRICT"}}) {
    EXPECT_EQ(hint_of(variable), " (did you mean " + meant + "?)") << variable;
  }
}

// Of Services called perf-exporter, perf-exporter-web and perf-exporter-log, with named ports and
// without, and of Docker's links.
TEST_F(OptionsTest, VariablesThatKubernetesInjectsAreNoMistakes) {
  for (const std::string service : {"", "_WEB", "_LOG", "_PATH_PROCFS", "_CPU"}) {
    for (const char* ending :
         {"SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_METRICS", "SERVICE_PORT_HTTP_WEB", "PORT",
          "PORT_10950_TCP", "PORT_10950_TCP_PROTO", "PORT_10950_TCP_PORT", "PORT_10950_TCP_ADDR",
          "PORT_53_UDP", "PORT_1_SCTP_ADDR"}) {
      const std::string variable = "PERF_EXPORTER" + service + "_" + ending;
      EXPECT_EQ(hint_of(variable), "") << variable;
    }
  }
  for (const char* variable : {"PERF_EXPORTER_VERSION_TAG", "PERF_EXPORTER_IMAGE",
                               "PERF_EXPORTER_NAME", "PERF_EXPORTER_", "PERF_EXPORTER_X"}) {
    EXPECT_EQ(hint_of(variable), "") << variable;
  }
}

TEST_F(OptionsTest, ExporterEnvironmentHoldsOnlyItsVariables) {
  ASSERT_EQ(::setenv("PERF_EXPORTER_CPUS", "0=1", 1), 0);
  const auto variables = exporter_environment();
  ::unsetenv("PERF_EXPORTER_CPUS");
  EXPECT_EQ(variables.at("PERF_EXPORTER_CPUS"), "0=1");
  EXPECT_EQ(variables.count("PATH"), 0U);
}

TEST_F(OptionsTest, NoCollectorTakesAwayFromTheNamedOnes) {
  EXPECT_THAT(parsed({"--collector", "cache", "--collector", "cycles", "--no-collector", "cache"})
                  .collectors,
              ElementsAre("cycles"));
  EXPECT_THAT(refused({"--collector=cycles", "--no-collector=cycles"}),
              HasSubstr("leave no collector"));
}

TEST_F(OptionsTest, SubCommandsAreRecognised) {
  EXPECT_EQ(parsed({"probe", "--exit-zero"}).command, Command::probe);
  EXPECT_TRUE(parsed({"probe", "--exit-zero"}).exit_zero);
  EXPECT_EQ(parsed({"stat", "--for", "2m"}).stat_for, std::chrono::minutes(2));
  EXPECT_EQ(parsed({"list"}).list_pattern, "");
  EXPECT_EQ(parsed({"list", "miss"}).list_pattern, "miss");
  EXPECT_EQ(parsed({"list", "probe"}).list_pattern, "probe");
}

TEST_F(OptionsTest, WhatStandsBehindTwoDashesIsACommandToTrace) {
  const Options options =
      parsed({"probe", "--trace", "--", "perf", "stat", "--cpus=", "--", "list", "-x"});
  EXPECT_EQ(options.command, Command::probe);
  EXPECT_TRUE(options.trace);
  EXPECT_THAT(options.trace_command, ElementsAre("perf", "stat", "--cpus=", "--", "list", "-x"));
  EXPECT_THAT(parsed({"probe", "--trace", "--"}).trace_command, IsEmpty());
  EXPECT_EQ(parsed({"list", "--", "--miss"}).list_pattern, "--miss");
}

TEST_F(OptionsTest, NothingElseStandsBehindTwoDashes) {
  for (const Arguments& arguments : {Arguments{"probe", "--", "perf"},
                                     {"stat", "--", "perf"},
                                     {"--", "probe"},
                                     {"list", "a", "--", "b"},
                                     {"probe", "--trace", "--pid=7", "--", "perf"}}) {
    EXPECT_THAT(refused(arguments), HasSubstr("behind --"));
  }
  EXPECT_THAT(refused({"probe", "--pid", "0"}), HasSubstr("--pid: "));
}

TEST_F(OptionsTest, CommonFlagsStandBeforeOrBehindTheSubCommand) {
  const auto tree = directory("tree");
  const Arguments flags = {"--collector=cycles", "--cpus",        "1",
                           "--guests=include",   "--path.procfs", tree,
                           "--log.level=error"};
  Arguments before = flags;
  before.emplace_back("stat");
  Arguments behind = {"stat"};
  behind.insert(behind.end(), flags.begin(), flags.end());
  for (const Arguments& arguments : {before, behind}) {
    const Options options = parsed(arguments);
    EXPECT_EQ(options.command, Command::stat);
    EXPECT_THAT(options.collectors, ElementsAre("cycles"));
    EXPECT_EQ(cpus_of(options), "2:1");
    EXPECT_EQ(options.guests, GuestChoice::include);
    EXPECT_EQ(options.paths.procfs, tree);
    EXPECT_EQ(options.log_level, LogLevel::error);
  }
}

TEST_F(OptionsTest, FlagLeavesTheArgumentBehindItsValueAlone) {
  EXPECT_EQ(parsed({"--collector", "cycles", "probe"}).command, Command::probe);
  EXPECT_EQ(parsed({"--strict", "list", "--cpus", "0", "x"}).list_pattern, "x");
}

TEST_F(OptionsTest, UnknownNamesAreAnsweredWithTheNearest) {
  EXPECT_EQ(refused({"--colector=cycles"}),
            "perf-exporter: unknown flag --colector (did you mean --collector?)\n");
  EXPECT_EQ(refused({"prob"}), "perf-exporter: unknown command 'prob' (did you mean probe?)\n");
  EXPECT_EQ(refused({"--collector", "cycels"}),
            "perf-exporter: --collector: 'cycels' is no collector (did you mean cycles?)\n");
  EXPECT_EQ(refused({"--no-collector", "zzzzzz"}),
            "perf-exporter: --no-collector: 'zzzzzz' is no collector; there are cycles, "
            "instructions, cache, hw_cache\n");
  EXPECT_THAT(refused({}, {{"PERF_EXPORTER_COLLECTOR", "cycles,cachee"}}),
              HasSubstr("PERF_EXPORTER_COLLECTOR: 'cachee' is no collector (did you mean cache?)"));
  EXPECT_EQ(refused({"--format", "json"}),
            "perf-exporter: --format goes behind its command: perf-exporter probe --format\n");
  EXPECT_THAT(refused({"probe", "list"}), HasSubstr("unexpected argument 'list'"));
  EXPECT_THAT(refused({"-x"}), HasSubstr("unknown flag -x"));
}

TEST_F(OptionsTest, MissingValuesAreRefused) {
  EXPECT_EQ(refused({"--cpus"}), "perf-exporter: --cpus needs a value\n");
  EXPECT_EQ(refused({""}), "perf-exporter: unknown command ''\n");
  EXPECT_THAT(refused({"--cpus=", "--strict"}), HasSubstr("--cpus has no value"));
  EXPECT_THAT(refused({"--collector", ""}), HasSubstr("empty element"));
  EXPECT_THAT(refused({"--collector", "cycles,"}), HasSubstr("'cycles,' has an empty element"));
  EXPECT_THAT(refused({"--web.listen-address", ""}), HasSubstr("empty element"));
}

TEST_F(OptionsTest, AnErrorStaysOneLine) {
  EXPECT_THAT(refused({"--a\nb\x1b[31m"}), Not(HasSubstr("\x1b")));
}

TEST_F(OptionsTest, BadValuesNameTheReason) {
  EXPECT_THAT(refused({"--cpus", "0-"}), AllOf(HasSubstr("--cpus: '0-'"), HasSubstr("dash")));
  EXPECT_THAT(refused({"--cpus", "3-1"}), HasSubstr("'3-1' in the CPU list '3-1' runs backwards"));
  EXPECT_THAT(refused({"--cpus", "onlin"}), HasSubstr("(did you mean online?)"));
  EXPECT_THAT(refused({"--cpus", " "}), HasSubstr("the CPU list is empty"));
  EXPECT_THAT(refused({"--web.telemetry-path", "metrics"}),
              HasSubstr("'metrics' does not start with a slash (did you mean /metrics?)"));
  EXPECT_THAT(refused({"--web.max-requests", "0"}), HasSubstr("from 1 to 500"));
  EXPECT_THAT(refused({"--web.max-requests", "501"}), HasSubstr("from 1 to 500"));
  EXPECT_THAT(refused({"--log.level", "wran"}), HasSubstr("(did you mean warn?)"));
  EXPECT_THAT(refused({"--strict=maybe"}), HasSubstr("'maybe' is none of true, false"));
  EXPECT_THAT(refused({"stat", "--for", "10"}), HasSubstr("one reads like 500ms"));
}

TEST_F(OptionsTest, PathsMustBeReadableDirectories) {
  const auto file = config("");
  const auto missing = (folder_ / "missing").string();
  EXPECT_THAT(refused({"--path.procfs", missing}),
              HasSubstr("--path.procfs: cannot read " + missing + ": No such file"));
  EXPECT_THAT(refused({"--path.sysfs", file}), HasSubstr("Not a directory"));
}

TEST_F(OptionsTest, HelpAndVersionExitWithZero) {
  for (const Arguments& arguments : {Arguments{"--help"}, {"-h"}, {"--strict", "--help", "--x"}}) {
    const auto help = parse(arguments, {{"PERF_EXPORTER_CPUS", "nonsense"}});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().code, 0);
    EXPECT_EQ(help.error().err, "");
    EXPECT_THAT(help.error().out, AllOf(HasSubstr("Usage: perf-exporter [COMMAND]"),
                                        HasSubstr("* cycles"), HasSubstr("  hw_cache")));
  }
  const auto version = parse({"--version"});
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, 0);
  EXPECT_TRUE(std::regex_match(version.error().out,
                               std::regex("perf-exporter \\d+\\.\\d+\\.\\d+ \\(.+\\)\n")))
      << version.error().out;
}

TEST_F(OptionsTest, HelpShowsEveryFlagAndNoOther) {
  std::set<std::string> described = {"--help", "--version"};
  for (const FlagDescription& flag : describe_flags(kCollectors)) {
    described.insert("--" + flag.name);
  }
  std::set<std::string> shown;
  for (const Arguments& arguments :
       {Arguments{"--help"}, {"probe", "--help"}, {"list", "--help"}, {"stat", "--help"}}) {
    const auto help = parse(arguments);
    ASSERT_FALSE(help);
    const std::regex flag("(^|[^a-z])(--[a-z][a-z.-]*[a-z])");
    const std::string& text = help.error().out;
    for (std::sregex_iterator each(text.begin(), text.end(), flag), end; each != end; ++each) {
      shown.insert((*each)[2]);
    }
  }
  EXPECT_EQ(shown, described);
}

TEST_F(OptionsTest, EveryChoiceOfAFlagIsTaken) {
  std::size_t choices = 0;
  for (const FlagDescription& flag : describe_flags(kCollectors)) {
    for (const std::string& choice : flag.choices) {
      Arguments arguments = {"--" + flag.name, choice};
      if (!flag.command.empty()) {
        arguments.insert(arguments.begin(), flag.command);
      }
      EXPECT_TRUE(parse(arguments)) << flag.name << " " << choice;
      ++choices;
    }
  }
  EXPECT_GT(choices, 10U);
}

TEST_F(OptionsTest, ScopesAreKnownNames) {
  EXPECT_THAT(parsed({"probe"}).scopes, ElementsAre("cpu"));
  EXPECT_THAT(parsed({"probe", "--scope=cgroup"}).scopes, ElementsAre("cgroup"));
  EXPECT_THAT(refused({"probe", "--scope=cgroups"}), HasSubstr("did you mean cgroup?"));
}

TEST_F(OptionsTest, TerminalsAreColouredUnlessTheUserWantsNone) {
  EXPECT_EQ(parsed({"probe"}, {{"TERM", "xterm"}}).paint, Paint::coloured);
  EXPECT_EQ(parsed({"probe"}, {{"TERM", "xterm"}, {"NO_COLOR", ""}}).paint, Paint::coloured);
  EXPECT_EQ(parsed({"probe"}, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).paint, Paint::plain);
  EXPECT_EQ(parsed({"probe"}, {{"TERM", "dumb"}}).paint, Paint::plain);
  EXPECT_EQ(parsed({"probe"}).paint, Paint::plain);
}

}  // namespace
}  // namespace perf_exporter
