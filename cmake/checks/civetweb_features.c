/* Run at configure time against the system's libcivetweb: prints one line for each thing that the
 * exporter needs and that it lacks, and exits with their number. The features are asked of the
 * library itself; TLS is tried with a real handshake, since a library that claims it may still
 * crash on the first connection (1.15 looks for a symbol that OpenSSL 3 no longer has). */
#include <arpa/inet.h>
#include <civetweb.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int lacks(int missing, const char* what) {
  if (missing) {
    puts(what);
  }
  return missing ? 1 : 0;
}

/* A self-signed certificate and its key, as civetweb wants them: in one PEM file. */
static int write_certificate(const char* path) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  FILE* file = fopen(path, "w");
  if (key == NULL || certificate == NULL || file == NULL) {
    return 0;
  }
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  int written = X509_sign(certificate, key, EVP_sha256()) > 0 &&
                PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                PEM_write_X509(file, certificate) == 1;
  return fclose(file) == 0 && written;
}

static int connect_to(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  return connect(fd, (struct sockaddr*)&address, sizeof address) == 0 ? fd : -1;
}

static int answers_by_tls(int port) {
  static const char kRequest[] = "GET / HTTP/1.0\r\n\r\n";
  char answer[8] = "";
  SSL* tls = SSL_new(SSL_CTX_new(TLS_client_method()));
  SSL_set_fd(tls, connect_to(port));
  return SSL_connect(tls) == 1 && SSL_write(tls, kRequest, sizeof kRequest - 1) > 0 &&
         SSL_read(tls, answer, sizeof answer - 1) > 0 && strncmp(answer, "HTTP/1.", 7) == 0;
}

/* In a child, since it may crash or hang. Status 0: a request over TLS was answered. */
static void try_tls(const char* certificate) {
  alarm(10);
  const char* options[] = {
      "listening_ports", "127.0.0.1:0s", "ssl_certificate", certificate, "num_threads", "2", NULL};
  struct mg_callbacks callbacks;
  struct mg_server_port port;
  memset(&callbacks, 0, sizeof callbacks);
  mg_init_library(MG_FEATURES_TLS);
  struct mg_context* server = mg_start(&callbacks, NULL, options);
  int works =
      server != NULL && mg_get_server_ports(server, 1, &port) == 1 && answers_by_tls(port.port);
  _exit(works ? 0 : 1);
}

static int tls_works(void) {
  char certificate[] = "/tmp/civetweb_features.XXXXXX";
  int fd = mkstemp(certificate);
  int status = -1;
  if (fd < 0 || !write_certificate(certificate)) {
    return 0;
  }
  pid_t child = fork();
  if (child == 0) {
    try_tls(certificate);
  }
  int waited = child > 0 && waitpid(child, &status, 0) == child;
  unlink(certificate);
  close(fd);
  return waited && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void) {
  int missing = 0;
  missing += lacks(!mg_check_feature(MG_FEATURES_IPV6), "IPv6");
  missing += lacks(!mg_check_feature(MG_FEATURES_X_DOMAIN_SOCKET), "unix sockets");
  missing += lacks(!tls_works(), "TLS that works with OpenSSL 3");
  return missing;
}
