"""Extractors by name: SSCD's weights, their download from a server of the test's own, gradients, and fingerprints."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.feature import hog
from torchvision.models import resnet50

from activeindex_lite import load_extractor, synthetic_pictures
from activeindex_lite.cli.main import main
from activeindex_lite.evaluation import extractors as extractor_check
from activeindex_lite.extractor import download, extractor, gradients, load, published

BODY = np.random.default_rng(0).bytes(50_000)
NAME = "sscd_disc_mixup.torchvision.pt"


class Handler(BaseHTTPRequestHandler):
    """Sends server.body; server.ranges: whether it can begin in the middle; server.cuts: bytes after which it hangs
    up.
    """

    def do_GET(self):
        server, body = self.server, self.server.body
        asked = self.headers.get("Range")
        server.asked.append(asked)
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        if self.headers.get("If-Range", server.etag) != server.etag:
            begin = 0
        if begin >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - begin + server.lie))
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else None
        if server.gate:
            server.gate.wait(20)
        self.wfile.write(body[begin:][:cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server on this machine, and an empty cache folder."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.body, server.ranges, server.etag, server.lie, server.cuts, server.asked = BODY, True, '"v1"', 0, [], []
    server.gate = None
    server.url = f"http://127.0.0.1:{server.server_port}/{NAME}"
    server.path = download.cache_folder() / NAME
    server.part = server.path.with_name(NAME + ".part")
    thread = threading.Thread(target=server.serve_forever, kwargs=dict(poll_interval=0.01))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_cache_is_where_torchvision_keeps_its_own(server, tmp_path):
    assert server.path == tmp_path / "home" / "hub" / "checkpoints" / NAME


def test_fetched_once(server):
    assert download.fetch(server.url).read_bytes() == BODY
    assert download.fetch(server.url) == server.path and server.asked == [None]
    assert not server.part.exists()


@pytest.mark.parametrize("etag", ['"v1"', ""])
def test_a_cut_connection_goes_on_where_it_ended(server, etag):
    server.etag, server.cuts = etag, [20_000, 10_000]
    assert download.fetch(server.url).read_bytes() == BODY
    assert server.asked == [None, "bytes=20000-", "bytes=30000-"]


def test_an_interrupted_download_keeps_its_part(server):
    server.cuts = [20_000, 0, 0, 0]
    with pytest.raises(ConnectionError, match="20,000 of 50,000 bytes.*20,000 bytes are kept"):
        download.fetch(server.url)
    assert server.part.read_bytes() == BODY[:20_000] and not server.path.exists()
    assert download.fetch(server.url).read_bytes() == BODY
    assert server.asked[-1] == "bytes=20000-"


def test_ctrl_c_keeps_the_part(server, monkeypatch):
    class Bar:
        def __init__(self, **_): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def update(self, n):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(download, "tqdm", Bar)
        download.fetch(server.url)
    came = server.part.read_bytes()
    assert came and BODY.startswith(came)
    assert download.fetch(server.url).read_bytes() == BODY


def test_a_server_that_cannot_go_on_starts_again(server):
    server.ranges, server.cuts = False, [20_000]
    assert download.fetch(server.url).read_bytes() == BODY
    assert server.asked == [None, "bytes=20000-"]


def test_parts_of_two_versions_are_not_joined(server):
    server.cuts = [20_000, 0, 0, 0]
    with pytest.raises(ConnectionError):
        download.fetch(server.url)
    server.body, server.etag = BODY[::-1], '"v2"'
    assert download.fetch(server.url).read_bytes() == BODY[::-1]


@pytest.mark.parametrize("part", [BODY, BODY + b"more than there is"], ids=["whole", "too long"])
def test_a_part_after_which_nothing_comes(server, part):
    server.part.parent.mkdir(parents=True)
    server.part.write_bytes(part)
    assert download.fetch(server.url).read_bytes() == BODY
    assert len(server.asked) == (1 if part == BODY else 2)


def test_fewer_bytes_than_announced_are_not_taken_for_the_file(server):
    server.lie, server.ranges = 7, False
    with pytest.raises(ConnectionError, match="50,000 of 50,007 bytes"):
        download.fetch(server.url)
    assert not server.path.exists()


def test_a_silent_server_is_left(server):
    server.gate = threading.Event()
    with pytest.raises(ConnectionError, match="timed out"):
        download.fetch(server.url, attempts=1, timeout=0.2)
    server.gate.set()


def test_without_network_the_message_says_what_to_do(server):
    server.server_close()
    with pytest.raises(ConnectionError) as caught:
        download.fetch(server.url)
    for needed in (server.url, str(server.path), "other means"):
        assert needed in str(caught.value)
    server.path.write_bytes(BODY)  # as the message says
    assert download.fetch(server.url) == server.path


def test_a_refusal_is_not_repeated(server, monkeypatch):
    monkeypatch.setattr(Handler, "do_GET", lambda self: (self.server.asked.append(0), self.send_error(404)))
    with pytest.raises(ConnectionError, match="404"):
        download.fetch(server.url)
    assert server.asked == [0]


@pytest.mark.slow
def test_two_processes_share_one_download(server):
    server.gate = threading.Event()
    code = f"from activeindex_lite.extractor.download import fetch; print(fetch({server.url!r}, progress=False))"
    first, second = (
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    assert "another process is downloading" in _first_line(first, second)
    server.gate.set()
    for process in (first, second):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert Path(out.strip()) == server.path
    assert server.asked == [None] and server.path.read_bytes() == BODY


def _first_line(*processes):
    """The line of stderr that comes first from any of the processes."""
    lines, came = [], threading.Event()

    def read(process):
        lines.append(process.stderr.readline())
        came.set()

    for process in processes:
        threading.Thread(target=read, args=(process,), daemon=True).start()
    assert came.wait(60)
    return lines[0]


def test_a_changed_file_is_noticed(server):
    path = download.fetch(server.url)
    download.note_sum(path)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", NAME + ".sha256"], check=True, capture_output=True, cwd=path.parent)
    download.fetch(server.url)
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(ValueError, match="has changed since its first use.*Delete both"):
        download.fetch(server.url)
    assert path.exists()


@pytest.fixture(scope="module")
def weights():
    """SSCD's state dict with weights by chance: the layout is torchvision's, GeM has no weights of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = resnet50(weights=None, num_classes=512)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    return {f"backbone.{name}": tensor for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def sscd_file(weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("sscd") / NAME
    torch.save(weights, path)
    return path


def by_hand(weights, pictures):
    """SSCD's features from its description alone: ResNet-50's last map, the cube root of the mean cube, linear, unit
    norm.
    """
    network = resnet50(weights=None, num_classes=512)
    network.load_state_dict({name.removeprefix("backbone."): tensor for name, tensor in weights.items()})
    network.eval()
    fc, network.fc, network.avgpool = network.fc, torch.nn.Flatten(), torch.nn.Identity()
    x = torch.from_numpy(np.stack([np.asarray(p.resize((288, 288), 2)) for p in pictures])).permute(0, 3, 1, 2) / 255
    x = (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    with torch.no_grad():
        maps = network(x).reshape(len(pictures), 2048, 81)
        return F.normalize(fc((maps**3).mean(2) ** (1 / 3))).numpy()


def test_sscd_by_name_is_downloaded_checked_and_right(server, weights, sscd_file, monkeypatch, recwarn):
    monkeypatch.setattr(published, "ADDRESS", server.url.removesuffix(NAME))
    server.body, server.cuts = sscd_file.read_bytes(), [40_000_000]
    named = load_extractor("sscd_disc_mixup")
    assert (named.name, named.size, named.d, len(server.asked)) == ("sscd_disc_mixup", 288, 512, 2)
    pictures = synthetic_pictures(3, 150)
    assert np.abs(named(pictures) - by_hand(weights, pictures)).max() < 1e-5
    assert server.path.with_name(NAME + ".sha256").exists()
    local = load_extractor(sscd_file)
    assert local.fingerprint == named.fingerprint and local.name == named.name
    assert not [w for w in recwarn if "trust" in str(w.message)]


def test_a_damaged_download_is_not_noted(server, monkeypatch):
    monkeypatch.setattr(published, "ADDRESS", server.url.removesuffix(NAME))
    with pytest.raises(ValueError, match="damaged.*fetch it again"):
        load_extractor("sscd_disc_mixup")
    assert server.path.exists() and not server.path.with_name(NAME + ".sha256").exists()


def test_every_name_has_its_address(monkeypatch):
    seen = []
    monkeypatch.setattr(published, "fetch", lambda url: seen.append(url) or exit_with(url))

    def exit_with(url):
        raise ConnectionError(url)

    for name in published.SSCD:
        with pytest.raises(ConnectionError):
            load_extractor(name)
    assert seen[0] == "https://dl.fbaipublicfiles.com/sscd-copy-detection/sscd_disc_mixup.torchvision.pt"
    assert len(set(seen)) == len(published.SSCD)


def test_large_is_only_a_program():
    with pytest.raises(ValueError, match="TorchScript alone.*sscd_disc_large.torchscript.pt.*give its path"):
        load_extractor("sscd_disc_large")


def test_command_line_takes_the_name(server, sscd_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(published, "ADDRESS", server.url.removesuffix(NAME))
    server.body = sscd_file.read_bytes()
    (tmp_path / "photos").mkdir()
    for i, picture in enumerate(synthetic_pictures(3, 96)):
        picture.save(tmp_path / "photos" / f"{i}.png")
    arguments = ["check-extractor", "sscd_disc_mixup@32", "--pictures", str(tmp_path / "photos"), "--queries", "2"]
    assert main(arguments) == 0
    assert "sscd_disc_mixup@32" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda w: {k: v for k, v in w.items() if k != "backbone.fc.bias"}, r"1 missing \(backbone.fc.bias\)"),
        (lambda w: {**w, "head.weight": torch.zeros(2)}, r"1 unexpected \(head.weight\)"),
        (
            lambda w: {k.removeprefix("backbone."): v for k, v in w.items()},
            "missing .*backbone.conv1.weight.*unexpected",
        ),
        (lambda w: {**w, "backbone.conv1.weight": torch.zeros(64, 3, 3, 3)}, r"\(64, 3, 3, 3\), not \(64, 3, 7, 7\)"),
        (lambda w: {}, "missing"),
        (lambda w: [torch.zeros(3)], "holds list, not a state dict"),
        (lambda w: {"state_dict": w}, "not a state dict"),
    ],
)
def test_other_weights_are_named(weights, tmp_path, wrong, named):
    torch.save(wrong(weights), tmp_path / "other.pt")
    with pytest.raises(ValueError, match=named):
        load_extractor(tmp_path / "other.pt")


def test_a_count_of_batches_may_be_missing(weights):
    published.sscd_network({name: t for name, t in weights.items() if not name.endswith("num_batches_tracked")})


class Leaves:
    """What a pickle that holds code does when it is opened: it makes a file."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("form", ["zip", "pickle", "tar", "network"])
def test_code_in_a_file_is_never_run(tmp_path, form):
    mark, path = tmp_path / "ran", tmp_path / "weights.pt"
    if form == "network":
        torch.save(torch.nn.Linear(2, 2), path)
    else:
        torch.save({"backbone.fc.weight": Leaves(mark)}, path, _use_new_zipfile_serialization=form == "zip")
    if form == "tar":
        inner = path.read_bytes()
        with tarfile.open(path, "w") as archive:
            entry = tarfile.TarInfo("pickle")
            entry.size = len(inner)
            archive.addfile(entry, io.BytesIO(inner))
    with pytest.raises(ValueError, match="nothing was run"):
        load_extractor(path)
    assert not mark.exists()
    if form in ("zip", "pickle"):  # the trap itself works
        torch.load(path, weights_only=False)
        assert mark.exists()


def test_damaged_files_are_named(tmp_path):
    whole = io.BytesIO()
    torch.save({"a": torch.arange(100.0)}, whole)
    whole, rng, path = whole.getvalue(), np.random.default_rng(0), tmp_path / "weights.pt"
    for i in range(60):
        damaged = bytearray(whole[: len(whole) if i % 2 else int(rng.integers(len(whole)))])
        for at in rng.integers(len(damaged), size=5 if len(damaged) else 0):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        with pytest.raises(
            ValueError, match="weights"
        ):  # damaged, or (where nothing of note was hit) of another network
            load_extractor(path)


def test_a_torchscript_archive_is_recognised_before_it_is_opened(tmp_path):
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/constants.pkl", b"")
    assert load._is_torchscript(path)
    torch.save({}, path)
    assert not load._is_torchscript(path)


def test_gradients_agree_with_scikit_image():
    """scikit-image's bins begin where ours have their middle: with twice as many bins, two of its make one of ours."""
    pictures = [np.asarray(p) / 255 for p in synthetic_pictures(20, 96)]
    ours = gradients.Gradients()(torch.tensor(np.stack(pictures)).permute(0, 3, 1, 2)).numpy()
    for picture, got in zip(pictures, ours, strict=True):
        fine = hog(picture @ gradients.LUMA, 16, (24, 24), (1, 1), block_norm="L2").reshape(16, 16)
        pairs = np.roll(fine, 1, 1).reshape(16, 8, 2).sum(2)
        pairs /= np.sqrt((pairs**2).sum(1, keepdims=True) + 1e-10)
        assert np.abs(got - pairs.ravel()).max() < 1e-4


def test_gradients_are_an_extractor():
    plain = load_extractor("gradients")
    grey = torch.full((1, 3, 80, 90), 0.5, requires_grad=True)
    features = plain.forward(grey)
    features.sum().backward()
    assert features.norm().item() == pytest.approx(1) and torch.isfinite(grey.grad).all()
    pictures = synthetic_pictures(30, 128)
    darker = [p.point(lambda v: v // 2) for p in pictures]
    same = plain(pictures) @ plain(darker).T
    assert plain.d == 128 and (same.argmax(1) == np.arange(30)).all() and np.diag(same).min() > 0.97


def test_gradients_are_checked_without_photographs(monkeypatch):
    monkeypatch.setattr(extractor_check, "FRESH", 30)
    table = extractor_check.check_extractor(load_extractor("gradients"), originals=4)["gradients@64"]
    assert table["references"] == 30 and table["Identity"] == table["Contrast 0.5"] == 1 and table["Rotation 25"] < 1


def test_derivative_of_gradients():
    x = torch.rand(1, 3, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(gradients.Gradients(), x)


def test_fingerprint_is_the_same_in_another_process(tmp_path):
    code = (
        "from activeindex_lite import load_extractor;"
        "print(load_extractor('lite').fingerprint, load_extractor('gradients').fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    prints = [load_extractor(name).fingerprint for name in ("lite", "gradients")]
    assert done.stdout.split() == prints and len(set(prints)) == 2
    assert all(len(p) == 16 and int(p, 16) >= 0 for p in prints)


def test_fingerprint_changes_with_whatever_changes_features():
    def module(value=1.0, p=3.0, dtype=torch.float32):
        layer = torch.nn.Conv2d(3, 4, 3).to(dtype)
        for parameter in layer.parameters():
            torch.nn.init.constant_(parameter, value)
        return torch.nn.Sequential(layer, load.LiteNet().pool if p == 3 else type(load.LiteNet().pool)(p))

    def print_of(made, size=32, **settings):
        return extractor.Extractor(made, size, **settings).fingerprint

    first = print_of(module())
    assert print_of(module()) == first == print_of(module(), name="another name")
    others = [
        print_of(module(2.0)),
        print_of(module(p=4.0)),
        print_of(module(dtype=torch.float64)),
        print_of(module(), 48),
        print_of(module(), mean=(0, 0, 0)),
        print_of(module(), std=(1, 1, 1)),
        print_of(module(), digest="file"),
    ]
    assert len({first, *others}) == 8
    # An extractor brings bfloat16 to float32: 1.0 is the same number in both, 0.1 is not.
    assert print_of(module(dtype=torch.bfloat16)) == first
    assert print_of(module(0.1, dtype=torch.bfloat16)) != print_of(module(0.1))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*trust")
def test_fingerprint_of_torchscript_is_of_its_file(tmp_path):
    class Times(torch.nn.Module):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def forward(self, x):
            return x.mean((2, 3)) * self.factor + 1

    for factor in (2, 3):  # the same class and no weights: the program alone differs
        torch.jit.trace(Times(factor), torch.zeros(1, 3, 8, 8)).save(str(tmp_path / f"{factor}.pt"))
    two, three = (load_extractor(tmp_path / f"{factor}.pt", size=16) for factor in (2, 3))
    assert two.fingerprint != three.fingerprint
    assert two.fingerprint == load_extractor(tmp_path / "2.pt", size=16).fingerprint
    assert two.fingerprint != load_extractor(tmp_path / "2.pt", size=24).fingerprint
