// What no client should send, byte by byte on a socket: each gets an answer that says what is
// wrong.
#include "unit/http/server_fixture.h"

namespace perf_exporter {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

class MalformedRequestsTest : public ServerTest {
 protected:
  MalformedRequestsTest() { start(); }

  HttpAnswer answer_to(const std::string& bytes) {
    HttpClient client = connect();
    client.send(bytes);
    return client.receive();
  }

  void expect_served(const std::string& bytes) {
    const HttpAnswer answer = answer_to(bytes);
    EXPECT_EQ(answer.status, 200) << bytes;
    EXPECT_EQ(answer.body, "up 1\n") << bytes;
  }

  void expect_refused(const std::string& bytes, int status, const std::string& why) {
    HttpClient client = connect();
    client.send(bytes);
    const HttpAnswer answer = client.receive();
    EXPECT_EQ(answer.status, status) << bytes.substr(0, 80);
    EXPECT_THAT(answer.body, HasSubstr(why)) << bytes.substr(0, 80);
    EXPECT_TRUE(client.is_closed()) << bytes.substr(0, 80);
  }

  // A request with these headers besides Host.
  static std::string with(const std::string& headers) {
    return "GET /metrics HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }

  static std::string of(const std::string& request_line) {
    return request_line + "\r\nHost: x\r\n\r\n";
  }
};

// RFC 9112, section 3.2.2: a server must take them, though only proxies are asked so.
TEST_F(MalformedRequestsTest, AUrlIsServedWhateverItsHostAndPortSay) {
  for (const auto* url :
       {"http://any.host:1234/metrics", "http://localhost/metrics", "HTTP://[::1]:80/metrics",
        "http://a:99999/metrics", "http://user:secret@a/metrics",
        "http://a/metrics?collect[]=cycles", "http://a/metrics?x=http://b/c:d"}) {
    expect_served(of("GET "s + url + " HTTP/1.1"));
    expect_served("\r\nGET "s + url + " HTTP/1.0\n\n");
  }
  for (const auto* url : {"http://a", "http://a:80", "http://a?x=1"}) {
    EXPECT_EQ(answer_to(of("GET "s + url + " HTTP/1.1")).body, "<p>status</p>\n") << url;
  }
  HttpClient client = connect();
  client.send(of("GET http://a/metrics HTTP/1.1") + of("HEAD http://b/metrics HTTP/1.1") +
              of("GET /version HTTP/1.1"));
  EXPECT_EQ(client.receive().body, "up 1\n");
  EXPECT_EQ(client.receive("HEAD").status, 200);
  EXPECT_EQ(client.receive().body, "0.1.0\n");
}

TEST_F(MalformedRequestsTest, OtherTargetsAreRefused) {
  expect_refused(of("OPTIONS * HTTP/1.1"), 405, "only GET and HEAD");
  expect_refused(of("CONNECT a.b:443 HTTP/1.1"), 405, "only GET and HEAD");
  for (const auto* target : {"*", "metrics", "a.b:443", "https://a/metrics", "ftp://a/metrics"}) {
    expect_refused(of("GET "s + target + " HTTP/1.1"), 400, "neither a path nor an http URL");
  }
  for (const auto* target : {"http://", "http:///metrics", "http://?x"}) {
    expect_refused(of("GET "s + target + " HTTP/1.1"), 400, "names no host");
  }
  for (const auto* target : {"/metri cs", " /metrics", "/\xff", "http://\xc3\xa4/metrics"}) {
    expect_refused(of("GET "s + target + " HTTP/1.1"), 400, "must be percent-encoded");
  }
  expect_refused(of("GET /metrics%00.html HTTP/1.1"), 400, "zero byte");
  EXPECT_EQ(answer_to(of("GET /metrics%2500 HTTP/1.1")).status, 404);
}

TEST_F(MalformedRequestsTest, AnyOtherMethodIsNotAllowed) {
  for (const auto* method : {"OPTIONS", "TRACE", "PROPFIND", "BREW", "get", "X-1"}) {
    const HttpAnswer answer = answer_to(of(method + " /metrics HTTP/1.1"s));
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD") << method;
  }
}

TEST_F(MalformedRequestsTest, ARefusalOfHeadHasNoBody) {
  HttpClient client = connect();
  client.send("\r\nHEAD /metrics HTTP/1.1\r\n\r\n");
  const HttpAnswer answer = client.receive("HEAD");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.header("Content-Length"), "0");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(MalformedRequestsTest, ARequestLineHasThreePartsAndAKnownVersion) {
  for (const auto* line : {"nonsense", "GET /metrics", "GET", "", " ", "GET /metrics HTTP/1.1 ",
                           "G@T /metrics HTTP/1.1", "GET /metrics http/1.1",
                           "GET /metrics HTTP/1.1x", "GET /metrics HTTP/11", "GET  HTTP/1.1"}) {
    expect_refused(of(line), 400, "the request line is not");
  }
  for (const auto* version : {"0.9", "1.2", "2.0", "9.9"}) {
    expect_refused(of("GET /metrics HTTP/"s + version), 505, "HTTP/1.1 and HTTP/1.0");
  }
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1 and HTTP/1.0");
}

TEST_F(MalformedRequestsTest, AHostIsNamedOnce) {
  expect_refused("GET /metrics HTTP/1.1\r\n\r\n", 400, "no Host");
  expect_refused("GET http://a/metrics HTTP/1.1\r\nX: y\r\n\r\n", 400, "no Host");
  expect_refused(with("Host: x\r\n"), 400, "two Host");
  expect_refused(with("X: y\r\nhost: z\r\n"), 400, "two Host");
  expect_refused("GET /metrics HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "two Host");
  for (const auto* host : {"a b", "a, b", "a/b", "http://a", "user@a"}) {
    expect_refused("GET /metrics HTTP/1.1\r\nHost: "s + host + "\r\n\r\n", 400, "names no host");
  }
  for (const auto* host : {"", "a", "a.b:1", "[::1]:80", "\t a_b \t"}) {
    expect_served("GET /metrics HTTP/1.1\r\nHost:"s + host + "\r\n\r\n");
  }
  expect_served("GET /metrics HTTP/1.0\r\n\r\n");
}

// Else it is not told where the next request begins.
TEST_F(MalformedRequestsTest, ALengthIsTold) {
  expect_refused(with("Content-Length: 1\r\nContent-Length: 2\r\n"), 400, "two Content-Lengths");
  for (const auto* length :
       {"", "x", "-5", "+5", "5x", "5 5", "5, 5", "0x5", "1e3", "99999999999999999999999"}) {
    expect_refused(with("Content-Length: "s + length + "\r\n"), 400, "no number of bytes");
  }
  expect_refused(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400,
                 "beside a Content-Length");
  expect_refused("GET /metrics HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
                 "beside HTTP/1.0");
  for (const auto* codings : {"gzip, chunked", "identity", "chunked, chunked", "",
                              "chunked\r\nTransfer-Encoding: chunked"}) {
    expect_refused(with("Transfer-Encoding: "s + codings + "\r\n"), 501, "transfer coding");
  }
  expect_served(with("Content-Length: 2\r\nContent-Length: 2\r\n") + "ab");
  expect_served(with("Transfer-Encoding: Chunked\r\n") + "0\r\n\r\n");
}

TEST_F(MalformedRequestsTest, AHeaderIsANameAColonAndALine) {
  expect_refused(with("no colon\r\n"), 400, "no colon");
  for (const auto* name : {"", "Accept ", "Acc ept", "Accept\t", "\"Accept\"", "Accept\xc3\xa4"}) {
    expect_refused(with(name + ": x\r\n"s), 400, "the name of a header");
  }
  expect_refused(with("X: y\r\n z\r\n"), 400, "goes on in another line");
  expect_refused(with("X: y\r\n\tz: a\r\n"), 400, "goes on in another line");
  expect_refused("GET /metrics HTTP/1.1\r\n Host: x\r\n\r\n", 400, "goes on in another line");
  expect_refused(with("X: y\rHost: z\r\n"), 400, "carriage return");
  expect_served(with("X: y\tz \xc3\xa4\t\r\nAccept:\ttext/plain\r\n"));
}

TEST_F(MalformedRequestsTest, ALineMayEndInALineFeedAlone) {
  for (const auto* end : {"\n\n", "\r\n\n", "\n\r\n", "\r\n\r\n"}) {
    expect_served("GET /metrics HTTP/1.1\nHost: x"s + end);
  }
}

TEST_F(MalformedRequestsTest, AHeadHasABound) {
  const std::string many(20000, 'x');
  expect_refused(with("X: " + many + "\r\n"), 431, "longer than 16384 bytes");
  expect_refused(with("X: " + many), 431, "longer than 16384 bytes");
  expect_refused(of("GET /" + many + " HTTP/1.1"), 414, "longer than 16384 bytes");
  std::string fields;
  for (int i = 0; i < 63; ++i) {
    fields += "X: y\r\n";
  }
  expect_served(with(fields));
  expect_refused(with(fields + "X: y\r\n"), 431, "more than 64 headers");
  EXPECT_EQ(answer_to(of("GET http://a/" + std::string(9000, 'x') + " HTTP/1.1")).status, 414);
}

TEST_F(MalformedRequestsTest, OtherProtocolsAreToldSo) {
  expect_refused("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"s + std::string(160, '\x07'), 400,
                 "this is TLS");
  expect_refused(with("X: a\0b\r\n"s), 400, "control characters");
  expect_refused("GET /metrics\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400, "control characters");
  expect_refused("\x80\x2e\x01\x00\x02"s, 400, "control characters");
}

TEST_F(MalformedRequestsTest, WhoEndsWithinAHeadIsTold) {
  for (const auto* part : {"GET", "GET /metrics HTTP/1.1\r\nHost: x\r\n"}) {
    HttpClient client = connect();
    client.send(part);
    client.end();
    const HttpAnswer answer = client.receive();
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("ends within its head"));
  }
}

// HTTP/0.9, another protocol's greeting, and a second request on a connection, which may begin
// late.
TEST_F(MalformedRequestsTest, WhoStopsWithinAHeadIsToldInTime) {
  const std::vector<std::string> parts = {"GET /metrics\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "GET /met",
                                          "GET /metrics HTTP/1.1\r\nHost: x\r\n",
                                          "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /met"};
  std::vector<HttpClient> clients;
  for (const std::string& part : parts) {
    clients.push_back(connect());
    clients.back().send(part);
  }
  EXPECT_EQ(clients.back().receive().status, 200);
  for (HttpClient& client : clients) {
    const HttpAnswer answer = client.receive();
    EXPECT_EQ(answer.status, 408);
    EXPECT_THAT(answer.body, HasSubstr("within 5 seconds"));
    EXPECT_TRUE(client.is_closed());
  }
}

}  // namespace
}  // namespace perf_exporter
