/** Real servers in a lab: nginx (HTTP, TLS, uploads by WebDAV), dnsmasq, smbd, iperf3, a WebSocket echo. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Lab, until } from "./lab.ts";

const TSX = fileURLToPath(import.meta.resolve("tsx"));

export class Services {
  readonly folder: string;
  private readonly lab: Lab;

  private constructor(lab: Lab) {
    this.lab = lab;
    this.folder = join(lab.folder, "services");
    for (const name of ["www", "upload", "tmp", "share", "samba"])
      mkdirSync(join(this.folder, name), { recursive: true, mode: 0o777 });
  }

  static async start(lab: Lab, bytes: number): Promise<Services> {
    const services = new Services(lab);
    services.makeFiles(bytes);
    await Promise.all([services.web(), services.names(), services.files(), services.sockets()]);
    return services;
  }

  /** The requests nginx has seen, a line each. */
  async requests(): Promise<string> {
    return (await this.lab.shell("server", `cat ${this.folder}/access.log`)).stdout;
  }

  /** Starts `program` and waits until it listens on a TCP port. */
  private async listen(port: number, program: string, args: string[]): Promise<void> {
    this.lab.spawn("server", program, args, "ignore");
    await until(
      `${program} listens`,
      async () => (await this.lab.shell("server", `ss -lnt 'sport = :${port}' | grep -c LISTEN`)).stdout.trim() !== "0",
    );
  }

  private makeFiles(bytes: number): void {
    const big = join(this.folder, "www/big");
    // A key stream: neither compressible nor the same twice.
    const key = "000102030405060708090a0b0c0d0e0f";
    execFileSync("sh", [
      "-c",
      `head -c ${bytes} /dev/zero | openssl enc -aes-128-ctr -K ${key} -iv ${key} -nosalt > ${big}`,
    ]);
    writeFileSync(join(this.folder, "www/small"), "a small answer\n");
    execFileSync("sh", ["-c", `head -c 20000000 ${big} > ${this.folder}/share/file`]);
    execFileSync("chmod", ["-R", "a+rwX", this.folder]);
  }

  private async web(): Promise<void> {
    const { folder } = this;
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=lab.example",
        "-keyout",
        join(folder, "key"),
        "-out",
        join(folder, "cert"),
      ],
      { stdio: "ignore" },
    );
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; worker_processes 1; user root;
events { worker_connections 1024; }
http {
  access_log ${folder}/access.log; sendfile on; keepalive_requests 100000; client_max_body_size 0;
  client_body_temp_path ${folder}/tmp; proxy_temp_path ${folder}/tmp; fastcgi_temp_path ${folder}/tmp; uwsgi_temp_path ${folder}/tmp; scgi_temp_path ${folder}/tmp;
  server {
    listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl;
    ssl_certificate ${folder}/cert; ssl_certificate_key ${folder}/key;
    root ${folder}/www;
    location /slow/ { alias ${folder}/www/; limit_rate 4m; }
  }
}
`,
    );
    await this.listen(80, "nginx", ["-c", join(folder, "nginx.conf"), "-p", folder, "-e", join(folder, "error.log")]);
  }

  private async names(): Promise<void> {
    const args = [
      "--keep-in-foreground",
      "--no-resolv",
      "--no-hosts",
      "--bind-interfaces",
      "--listen-address=10.99.0.2,fd99::2",
      "--user=root",
      "--pid-file=",
    ];
    const records = Array.from({ length: 40 }, (_, index) => `--host-record=many.example,192.0.2.${index + 1}`);
    await this.listen(53, "dnsmasq", [
      ...args,
      "--address=/one.example/192.0.2.7",
      "--txt-record=text.example,a text",
      ...records,
    ]);
  }

  private async files(): Promise<void> {
    const { folder } = this;
    const own = ["private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"];
    writeFileSync(
      join(folder, "smb.conf"),
      `[global]
map to guest = Bad User
guest account = root
log file = ${folder}/samba/log
smb ports = 445
${own.map((name) => `${name} = ${folder}/samba`).join("\n")}
[share]
path = ${folder}/share
guest ok = yes
read only = no
`,
    );
    await this.listen(445, "smbd", ["--foreground", "--configfile", join(folder, "smb.conf")]);
  }

  /** Uploads and WebSockets: test/linux/sockets.ts. */
  private async sockets(): Promise<void> {
    const script = fileURLToPath(new URL("./sockets.ts", import.meta.url));
    await this.listen(8081, "node", ["--import", TSX, script, "serve"]);
  }
}
