"""A Slurm of its own on this machine: munged, slurmctld and one slurmd per node, each node with a network, a host name, a /dev/shm
and a /run of its own. Everything lives in new pid, network, mount, ipc and uts namespaces, below one temporary folder: no Slurm of
the system is touched, and when the test ends, however it ends, the kernel ends every process that is left.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
NET = "10.77.0"
NODES = ("pmpA", "pmpB")
CONTROLLER = "pmpctl"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "scancel", "squeue", "unshare", "nsenter", "setpriv", "ip")
INSIDE = "PMP_CLUSTER_INSIDE"

SLURM_CONF = """
ClusterName=pmprof
SlurmctldHost={controller}({net}.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
SlurmctldPort=17817
MpiDefault=none
MpiParams=ports=12000-12999
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MailProg=/bin/true
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
KillWait={kill_wait}
OverTimeLimit=0
SchedulerParameters=sched_interval=1,sched_min_interval=0
MinJobAge=300
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool.%n
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.%n.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.%n.log
{nodes}
PartitionName=debug Nodes={names} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""

NODE = "NodeName={name} NodeHostname={name} NodeAddr={net}.{i} Port=17818 CPUs=2 RealMemory=1024 State=UNKNOWN"

MPI_CONF = """
PMIxCliTmpDirBase=/run/pmixtmp
PMIxDirectConn=false
PMIxEnv=OMPI_MCA_btl_tcp_if_include={net}.0/24
"""


def skip(reason):
    print(f"skipped: {reason}", file=sys.stderr)
    sys.exit(SKIPPED)


def sh(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    if done.returncode:
        skip(f"{command}: {done.stderr.strip()}")


def become_init():
    """Process 1 of a pid namespace has to wait for orphans: Slurm takes a job for running as long as a zombie of it is there."""
    test = os.fork()
    if test == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == test:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def enter():
    """Starts this program again in namespaces of its own; the parent waits and then removes the temporary folder."""
    if os.environ.get(INSIDE):
        become_init()
        return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [p for p in PROGRAMS if not shutil.which(p)]
    if missing:
        skip(f"no {missing[0]} here; Slurm is not installed (scripts/setup --slurm)")
    if os.geteuid() != 0:
        skip("Slurm's daemons and namespaces need root")
    ways = ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
    if subprocess.run([*ways, "true"], capture_output=True, check=False).returncode:
        skip("no namespaces here")
    root = tempfile.mkdtemp(prefix="pmprof-slurm.")
    os.chmod(root, 0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:  # should we be killed, the kernel kills what we have started, and with it the namespaces
        code = subprocess.run(["setpriv", "--pdeathsig=KILL", *ways, sys.executable, *sys.argv],
                              env=dict(os.environ, **{INSIDE: root}), check=False).returncode
    finally:
        os.rmdir(root)
    sys.exit(code)


class Cluster:
    def __init__(self, kill_wait=2):
        self.root = os.environ[INSIDE]
        self.conf = os.path.join(self.root, "slurm.conf")
        self.daemons = []
        sh(f"mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs {self.root}")
        self.write_configuration(kill_wait)
        os.environ.update(SLURM_CONF=self.conf, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                          OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_mpi_yield_when_idle="1",
                          OMPI_MCA_btl_tcp_if_include=NET + ".0/24", OMPI_MCA_oob_tcp_if_include=NET + ".0/24")
        self.make_network()
        self.start_munge()
        self.start("slurmctld", "-D", "-f", self.conf)
        for name in NODES:
            self.start_node(name)
        self.wait_until_idle()

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def log(self, name):
        with open(os.path.join(self.root, name), errors="replace") as f:
            return f.read()

    def write_configuration(self, kill_wait):
        nodes = "\n".join(NODE.format(name=n, net=NET, i=i) for i, n in enumerate(NODES, 1))
        self.write("slurm.conf", SLURM_CONF.format(controller=CONTROLLER, net=NET, root=self.root, nodes=nodes,
                                                   names=",".join(NODES), kill_wait=kill_wait))
        self.write("mpi.conf", MPI_CONF.format(net=NET))
        self.write("cgroup.conf", "CgroupAutomount=no\n")
        os.makedirs(os.path.join(self.root, "state"))

    def make_network(self):
        sh("mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/pmixtmp")
        sh(f"hostname {CONTROLLER} && ip link set lo up && ip link add pmpbr type bridge")
        sh(f"ip addr add {NET}.254/24 dev pmpbr && ip link set pmpbr up")
        for i, name in enumerate(NODES, 1):
            sh(f"ip netns add {name} && ip link add v{name} type veth peer name eth0 netns {name}")
            sh(f"ip link set v{name} master pmpbr up && ip -n {name} addr add {NET}.{i}/24 dev eth0 && "
               f"ip -n {name} link set eth0 up && ip -n {name} link set lo up")

    def start(self, *command):
        log = open(os.path.join(self.root, os.path.basename(command[0]) + ".out"), "a")
        self.daemons.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))

    def start_munge(self):
        place = os.path.join(self.root, "munge")
        os.makedirs(place, mode=0o700)
        key = os.path.join(place, "key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o400), "wb") as f:
            f.write(os.urandom(128))
        self.start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.root}/munge.socket",
                   f"--pid-file={place}/pid", f"--log-file={place}/log", f"--seed-file={place}/seed")
        self.wait_for(lambda: os.path.exists(self.root + "/munge.socket"), "munged", 10)

    def start_node(self, name):
        script = (f"hostname {name}; mount --make-rprivate /; mount -t tmpfs tmpfs /dev/shm; mount -t tmpfs tmpfs /run/pmixtmp; "
                  f"mkdir -p {self.root}/spool.{name}; "
                  f"exec slurmd -D -N {name} -f {self.conf}")
        self.start("nsenter", f"--net=/run/netns/{name}", "unshare", "--uts", "--mount", "--ipc", "--", "bash", "-c", script)

    def wait_for(self, condition, what, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            if any(d.poll() is not None for d in self.daemons):
                break
            time.sleep(0.1)
        for name in sorted(os.listdir(self.root)):
            if name.endswith((".log", ".out")):
                print(f"--- {name}\n{self.log(name)[-2000:]}", file=sys.stderr)
        skip(f"{what} does not start")

    def wait_until_idle(self):
        def idle():
            done = subprocess.run(["sinfo", "-h", "-o", "%T %D"], capture_output=True, text=True, timeout=20, check=False)
            return done.stdout.split() == ["idle", str(len(NODES))]
        self.wait_for(idle, "Slurm", 30)
